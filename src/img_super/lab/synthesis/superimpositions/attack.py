"""Attack types: a donor's picture and outline, a map onto the card, and the forger's care."""

from dataclasses import dataclass
from typing import Final

from img_super.domain import Float32Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis.geometry import Box4
from img_super.lab.synthesis.superimpositions.matching import Matching
from img_super.lab.synthesis.superimpositions.own_picture import OwnPicture
from img_super.lab.synthesis.superimpositions.paper import Paper
from img_super.lab.synthesis.superimpositions.repainting import Repainting

SPECIES: Final = ("pasted_head", "pasted_photo", "face_swap", "printed_photo", "printed_head", "screen_edit")
STAGES: Final = ("file", "card", "photo", "screen")


@dataclass(frozen=True, slots=True)
class Cut:
    """A species' donor: a picture with its outline and its place."""

    picture: Float32Array  # float32 RGB, 0 to 255, in the donor's own pixels
    alpha: Float32Array  # float32 height x width, 0 to 1
    matrix: Float32Array  # [3, 3], from these pixels to the card's
    clip: Float32Array  # clipping polygon [n, 2] in card pixels; empty: no clipping
    corners: Float32Array  # [n, 2] in these pixels, of a photo's paper; empty for other outlines
    aliased: bool  # without any soft edge pixel
    facts: Facts  # what was drawn


@dataclass(frozen=True, slots=True)
class Attack:
    """Everything needed to lay the donor over the card."""

    species: str  # one of `SPECIES`
    stage: str  # one of `STAGES`
    care: float  # the forger's care, 0 (crude) to 1; drives the matching steps
    cut: Cut  # the donor's picture, outline and place
    blend: str  # `feather` (alpha), `poisson`, `poisson_mixed` or `multiband`
    matching: Matching  # how the donor is adapted to its surroundings
    clip_box: Box4  # the card's portrait frame, card pixels
    face_width_px: float  # of the portrait on the card
    face_ratio: float  # width of the attack's face relative to the card's own
    own: OwnPicture | None  # if set, the card's own portrait, slightly changed, is laid instead of the donor's
    repainting: Repainting | None  # if set, the portrait's background is painted over first
    paper: Paper | None  # if set, paper on the card with its own thickness and gloss
    facts: Facts  # for the manifest


@dataclass(frozen=True, slots=True)
class Forgery:
    """A forged card."""

    image: Float32Array  # float32 RGB, of the card's size
    gloss: Float32Array  # float32 height x width, 0 to 1
    mask: Float32Array  # float32 height x width, 0 to 1: where something was laid over
    facts: Facts  # for the manifest
