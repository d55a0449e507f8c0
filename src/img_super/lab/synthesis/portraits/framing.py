"""The part of a portrait that an ID photo shows: chin to crown takes 60 to 80 % of its height, the head in the middle.

Source of the shares: ICAO Doc 9303-3 asks for 70 to 80 %; national cards show down to 60 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.domain import Float32Array, UInt8Array
from img_super.lab.synthesis.portraits.portrait import Portrait

Window = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in a portrait's pixels; may be fractions, may lie partly outside the picture."""

_CHIN_ROW: Final = 18
_LOWEST_SHARE: Final = 0.60
_HIGHEST_SHARE: Final = 0.80
_USUAL_HAIR: Final = 0.30
_TALLEST_HAIR: Final = 0.60
_NARROW_TOP: Final = (0.03, 0.13)
_CUT_SHARE: Final = 0.04


@dataclass(frozen=True, slots=True)
class Head:
    """The head in the portrait's pixels: chin, crown (hair included), the centre between the cheeks."""

    chin_y: float
    crown_y: float
    centre_x: float

    @property
    def height_px(self) -> float:
        return self.chin_y - self.crown_y


def head_of(portrait: Portrait) -> Head:
    """Chin and middle from the outline, the crown from the matte's top above the face.

    Towering hair (or a raised arm) is cut off at the height of the tallest heads.
    """
    outline = portrait.outline
    top, chin = float(outline[:, 1].min()), float(outline[_CHIN_ROW, 1])
    left, right = float(outline[:, 0].min()), float(outline[:, 0].max())
    columns = portrait.matte[:, max(0, int(left)) : max(1, int(right))]
    rows = np.flatnonzero(np.count_nonzero(columns > 127, axis=1) > 0.15 * columns.shape[1])
    crown = float(rows[0]) if len(rows) else top - _USUAL_HAIR * (chin - top)
    crown = min(max(crown, top - _TALLEST_HAIR * (chin - top)), top)
    return Head(chin, max(crown, 0.0), (left + right) / 2)


def free_window(portrait: Portrait, aspect: float, rng: np.random.Generator) -> Window:
    """The part that an ID photo of `aspect` (width / height) shows.

    Above and beside the person it may extend beyond the picture, over background.

    It never extends below the picture, nor past a side that cuts shoulders or hair: a person must not end inside the
    frame. A tightly cropped portrait therefore shows a larger head than usual.
    """
    head = head_of(portrait)
    ideal = _ideal_window(head, aspect, rng)
    narrow = rng.uniform(*_NARROW_TOP)
    y_min, y_max = ideal[1], ideal[3]
    if y_max > portrait.wh[1]:
        y_max = float(portrait.wh[1])
        y_min = y_max - (y_max - head.crown_y) / (1 - narrow)
    if _is_cut(portrait.matte[0]):
        y_min = max(y_min, 0.0)
    width = aspect * (y_max - y_min)
    x_min = _shifted_inside((ideal[0] + ideal[2] - width) / 2, width, portrait)
    return x_min, y_min, x_min + width, y_max


def to_frame_matrix(box: Window, wh: tuple[int, int]) -> Float32Array:
    """The map [3, 3] from the portrait's pixels to a frame of `wh` pixels that shows the window."""
    scale_x, scale_y = wh[0] / (box[2] - box[0]), wh[1] / (box[3] - box[1])
    shift_x, shift_y = (scale_x - 1) / 2, (scale_y - 1) / 2  # pixel centres are at integers
    matrix = [[scale_x, 0, shift_x - box[0] * scale_x], [0, scale_y, shift_y - box[1] * scale_y], [0, 0, 1]]
    return np.array(matrix, np.float32)


def _ideal_window(head: Head, aspect: float, rng: np.random.Generator) -> Window:
    """The ideal window, inside the picture or not."""
    share = rng.uniform(_LOWEST_SHARE, _HIGHEST_SHARE)
    height = head.height_px / share
    width = aspect * height
    headroom = height * (1 - share) * float(np.clip(rng.normal(0.42, 0.10), 0.15, 0.75))
    y_min = head.crown_y - headroom
    x_min = head.centre_x + width * float(np.clip(rng.normal(0, 0.02), -0.06, 0.06)) - width / 2
    return x_min, y_min, x_min + width, y_min + height


def _shifted_inside(x_min: float, width: float, portrait: Portrait) -> float:
    picture_width = portrait.wh[0]
    if _is_cut(portrait.matte[:, -1]):
        x_min = min(x_min, picture_width - width)
    if _is_cut(portrait.matte[:, 0]):
        x_min = max(x_min, 0.0)
    return x_min


def _is_cut(edge: UInt8Array) -> bool:
    """Whether the person reaches this edge of the picture."""
    return float((edge > 127).mean()) > _CUT_SHARE
