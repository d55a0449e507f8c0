"""All decisions about a genuine sample and its attack before a pixel is drawn.

Both show the same card under the same camera; shared parameters are decided once per pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.lab.synthesis.capture.camera import Capture, draw_capture
from img_super.lab.synthesis.capture.screen import Screen, draw_screen
from img_super.lab.synthesis.capture.transmission import Passing, draw_passing
from img_super.lab.synthesis.documents.blank import Blank
from img_super.lab.synthesis.documents.docxpand import docxpand_blank
from img_super.lab.synthesis.documents.drawing import draw_blank
from img_super.lab.synthesis.geometry import Box4, overlap
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.sources import Sources
from img_super.lab.synthesis.superimpositions import SPECIES, STAGES, stages_of

FACE_ON_CARD_PX: Final = (66.0, 255.0)
FACE_IN_PHOTO_PX: Final = (40.0, 310.0)
PAIRS_A_BLANK: Final = 10
"""A blank is the dearest part of a card; so many people get the same one."""

SPECIES_SHARES: Final = {
    "pasted_head": 0.22, "pasted_photo": 0.2, "face_swap": 0.26,
    "printed_photo": 0.11, "printed_head": 0.1, "screen_edit": 0.11,
}  # fmt: skip

SEEDED: Final = ("card", "view", "background", "photo", "reprint", "screen", "passing")
"""What both photos of a pair draw by the same seed."""

_PHOTO_TO_CARD: Final = (0.6, 1.2)
"""How wide a face is in the photo, in its widths on the drawn card: what the camera would throw away is not drawn."""

_FACE_TO_FRAME: Final = (0.5, 0.66)
_REPRINTED_SHARE: Final = 0.12
_SCREEN_SHARE: Final = 0.04
_SIDES_OF_CROP: Final = (2.7, 3.7)
_SIDES_OF_WHOLE: Final = (6.0, 9.2)
"""How many faces the photo is wide."""

_REACH_SIDES: Final = 0.65
"""Card kept around the portrait, in widths of the photo, where only the crop is wanted: however the photo is turned."""

_LARGER_DONOR: Final = 1.2
"""A photo that is measured in the attack's face shows so much more of the card, in all but a few cases."""


@dataclass(frozen=True, slots=True)
class Options:
    """The contents of a data set."""

    species: Sequence[str] = SPECIES  # attacks to choose from
    stages: Sequence[str] = STAGES  # their possible stages; species without any of these are left out
    # Photos show the whole card on its table; otherwise only the surroundings of the portrait are drawn.
    whole_card: bool = False

    @property
    def possible(self) -> list[str]:
        """The species possible at these stages."""
        return [name for name in self.species if stages_of(name, self.stages)]


@dataclass(frozen=True, slots=True)
class SamplePair:
    """What a genuine sample and its attack share, and the donor."""

    document: str  # the card's name
    blank: Blank
    portrait: Portrait
    donor: Portrait
    species: str
    stages: Sequence[str]
    face_width_px: float  # the face's width in the photo
    sides: float  # the photo's width in faces
    # The two numbers above refer to the attack's face, or else to the genuine one; if they always referred to the
    # same one, face size would reveal the class.
    by_attack: bool
    region: Box4 | None
    capture: Capture
    passing: Passing
    screen: Screen
    reprinted: bool  # the finished card, forged or not, is reprinted as a whole
    on_screen: bool  # the photo is shown on a screen and photographed again
    seeds: dict[str, int]  # of everything in `SEEDED`: the same for both classes
    attack_seed: int


def draw_group_blank(
    seed: int, shard: int, group: int, sources: Sources, faces_px: tuple[float, float] = FACE_ON_CARD_PX
) -> tuple[Blank, float]:
    """The blank that a few pairs share, and how wide faces are on it, pixels (between the two `faces_px`)."""
    rng = np.random.default_rng([seed, shard, group, 1])
    face_on_card = float(np.exp(rng.uniform(*np.log(faces_px))))
    frame_width = round(face_on_card / rng.uniform(*_FACE_TO_FRAME))
    has_designs = len(sources.designs) > 0
    if sources.docxpand and (not has_designs or rng.random() < 0.5):
        name = str(rng.choice(sources.docxpand))
        return docxpand_blank(rng, sources.docxpand_folder, name, frame_width), face_on_card
    return draw_blank(rng, frame_width, sources.designs), face_on_card


def draw_pair(
    place: tuple[int, int, int], sources: Sources, options: Options, blank: Blank, face_px: float
) -> SamplePair:
    """Draw a pair's parameters.

    `place`: seed of the data set, number of the shard, number in the shard; `face_px`: the face width on the blank.
    """
    rng = np.random.default_rng([*place, 2])
    host, guest = (int(number) for number in rng.choice(len(sources.portraits), 2, replace=False))
    possible = options.possible
    share = np.array([SPECIES_SHARES[name] for name in possible])
    species = str(rng.choice(possible, p=share / share.sum()))
    face_width = float(np.clip(face_px * np.exp(rng.uniform(*np.log(_PHOTO_TO_CARD))), *FACE_IN_PHOTO_PX))
    sides = float(rng.uniform(*(_SIDES_OF_WHOLE if options.whole_card else _SIDES_OF_CROP)))
    by_attack = bool(rng.random() < 0.5)
    widest = sides * _LARGER_DONOR if by_attack else sides
    return SamplePair(
        document="-".join(str(number) for number in place),
        blank=blank,
        portrait=sources.portraits[host],
        donor=sources.portraits[guest],
        species=species,
        stages=options.stages,
        face_width_px=face_width,
        sides=sides,
        by_attack=by_attack,
        region=None if options.whole_card else region_around(blank, face_px * widest),
        capture=draw_capture(rng),
        passing=draw_passing(rng),
        screen=draw_screen(rng),
        reprinted=bool(rng.random() < _REPRINTED_SHARE),
        on_screen=bool(rng.random() < _SCREEN_SHARE),
        seeds={name: int(rng.integers(2**31)) for name in SEEDED},
        attack_seed=int(rng.integers(2**31)),
    )


def region_around(blank: Blank, photo_px: float) -> Box4:
    """The part of the blank that a photo this many pixels wide can show in any rotation."""
    x_min, y_min, x_max, y_max = blank.frame
    middle = ((x_min + x_max) / 2, (y_min + y_max) / 2)
    reach = max(_REACH_SIDES * photo_px, 0.62 * (y_max - y_min))
    box = (round(middle[0] - reach), round(middle[1] - reach), round(middle[0] + reach), round(middle[1] + reach))
    return overlap(box, (blank.image.shape[1], blank.image.shape[0]))
