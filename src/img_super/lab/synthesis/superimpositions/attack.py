"""What an attack is: a donor's picture and outline, a map onto the card, and how carefully it is laid."""

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
    """What a species makes of the donor: a picture with its outline and where it goes."""

    picture: Float32Array  # float32 RGB, 0 to 255, in the donor's own pixels
    alpha: Float32Array  # float32 height x width, 0 to 1
    matrix: Float32Array  # [3, 3], from these pixels to the card's
    clip: Float32Array  # polygon [n, 2] in card pixels outside of which nothing is laid; empty where nothing is clipped
    corners: Float32Array  # [n, 2] in these pixels, of a photo's paper; empty for other outlines
    aliased: bool  # the editor laid it without softening a single edge pixel
    facts: Facts  # what was drawn


@dataclass(frozen=True, slots=True)
class Attack:
    """Everything that is needed to lay the donor over the card."""

    species: str  # one of `SPECIES`
    stage: str  # where in the chain it happens, one of `STAGES`
    care: float  # how careful the forger is, 0 (crude) to 1; the matching steps follow it
    cut: Cut  # the donor's picture, outline and place
    blend: str  # `feather` (alpha), `poisson`, `poisson_mixed` or `multiband`
    matching: Matching  # what is done to make the donor look like its surroundings
    clip_box: Box4  # the card's portrait frame, card pixels
    face_width_px: float  # of the portrait on the card
    face_ratio: float  # how wide the face is that the attack shows, in widths of the card's own
    own: OwnPicture | None  # where set, not the donor's picture is laid but the card's own portrait, slightly changed
    repainting: Repainting | None  # where set, the portrait's background is painted over first
    paper: Paper | None  # where set, it is paper that lies on the card, with thickness and gloss of its own
    facts: Facts  # for the manifest


@dataclass(frozen=True, slots=True)
class Forgery:
    """A forged card."""

    image: Float32Array  # float32 RGB, of the card's size
    gloss: Float32Array  # float32 height x width, 0 to 1
    mask: Float32Array  # float32 height x width, 0 to 1: what was laid over
    facts: Facts  # for the manifest
