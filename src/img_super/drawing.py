"""Draws the results over a photo: boxes, verdict, heat map."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Box, FloatMap, RgbImage

Colour = tuple[int, int, int]

_RED: Final[Colour] = (214, 39, 40)
_AMBER: Final[Colour] = (255, 159, 28)
_GREEN: Final[Colour] = (46, 160, 67)
_BLUE: Final[Colour] = (31, 119, 235)
_COLOURS: Final = {"attack": _RED, "undetermined": _AMBER, "bona_fide": _GREEN}
_HEAT: Final[Colour] = (255, 40, 0)
_OPACITY: Final = 0.65
"""Of the heat map where it is 1: the portrait stays to be seen."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn."""

    portrait: Box  # the face that was judged
    others: tuple[Box, ...] = ()  # the other faces
    verdict: str | None = None  # decides the colour; None for a detection alone
    text: str = ""  # written above the portrait
    # Probabilities in [0, 1] over the square `heated`, which may reach beyond the photo.
    heat_map: FloatMap | None = None
    heated: Box | None = None


def draw(image: RgbImage, marks: Marks) -> RgbImage:
    """A copy of `image` (RGB uint8, height x width x 3) with the marks; line width follows its size.

    Boxes may be anywhere; the cost is bounded by the image.
    """
    marked, wh = image.copy(), (image.shape[1], image.shape[0])
    if marks.heat_map is not None and marks.heated is not None:
        _draw_heat(marked, marks.heat_map, marks.heated)
    width_px = max(2, round(max(image.shape[:2]) / 400))
    colour = _COLOURS.get(marks.verdict or "", _BLUE)
    for box in marks.others:
        _draw_box(marked, box.clipped(wh), _BLUE, max(1, width_px // 2))
    portrait = marks.portrait.clipped(wh)
    _draw_box(marked, portrait, colour, width_px)
    if marks.text:
        _draw_text(marked, portrait, marks.text, colour, width_px)
    return marked


def _draw_box(image: RgbImage, box: Box, colour: Colour, width_px: int) -> None:
    # Boxes are half-open, OpenCV's corners are not.
    cv2.rectangle(image, (box.x_min, box.y_min), (box.x_max - 1, box.y_max - 1), colour, width_px)


def _draw_heat(image: RgbImage, heat_map: FloatMap, heated: Box) -> None:
    inside = heated.clipped((image.shape[1], image.shape[0]))
    if not inside.area:
        return
    across, down = heat_map.shape[1] / heated.width, heat_map.shape[0] / heated.height
    to_map = np.array(
        [
            [across, 0, (inside.x_min - heated.x_min + 0.5) * across - 0.5],
            [0, down, (inside.y_min - heated.y_min + 0.5) * down - 0.5],
        ]
    )  # from the visible part, whatever the size of the whole
    size, flags = (inside.width, inside.height), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(heat_map, to_map, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    share = _OPACITY * np.clip(large[:, :, np.newaxis], 0, 1)
    part = image[inside.y_min : inside.y_max, inside.x_min : inside.x_max]
    part[:] = np.rint((1 - share) * part + share * np.array(_HEAT, np.float32)).astype(np.uint8)


def _draw_text(image: RgbImage, portrait: Box, text: str, colour: Colour, width_px: int) -> None:
    """White on the verdict's colour, above the portrait, or below if there is no room; always inside."""
    scale, weight = 0.35 * width_px, max(1, width_px // 2)
    (text_width, text_height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, weight)
    height = text_height + below + width_px
    left = max(0, min(portrait.x_min, image.shape[1] - text_width))
    top = portrait.y_min - height if portrait.y_min >= height else min(portrait.y_max, image.shape[0] - height)
    cv2.rectangle(image, (left, top), (left + text_width, top + height), colour, cv2.FILLED)
    baseline = (left, top + text_height + width_px // 2)
    cv2.putText(image, text, baseline, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), weight, cv2.LINE_AA)
