"""The page of a blank: pixels, person, typefaces and inks."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import RgbImage
from img_super.lab.synthesis.documents.design import Share4
from img_super.lab.synthesis.documents.people import Person, script_of
from img_super.lab.synthesis.documents.typefaces import Mask, Typeface, draw_typeface, text_mask, width_at_100
from img_super.lab.synthesis.geometry import Box4

Colour = tuple[float, float, float]


@dataclass(slots=True)
class Page:
    """Shared state of the item drawers; they draw on `canvas`."""

    canvas: RgbImage
    frame: Box4
    person: Person
    rng: np.random.Generator
    inks: tuple[Colour, ...]
    faces: dict[str, Typeface]
    text_scale: float

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.canvas.shape[1], self.canvas.shape[0]

    @property
    def ink(self) -> Colour:
        """The ink of most texts."""
        return self.inks[0]

    def some_ink(self) -> Colour:
        """Any ink of the design."""
        return self.inks[int(self.rng.integers(len(self.inks)))]

    def box_px(self, box: Share4, jitter: float = 0.003) -> Box4:
        """A box in pixels, slightly shifted; never empty."""
        width, height = self.wh
        dx, dy = self.rng.normal(0, jitter, 2)
        x_min, y_min = round((box[0] + dx) * width), round((box[1] + dy) * height)
        return (x_min, y_min, x_min + max(3, round((box[2] - box[0]) * width)),
                y_min + max(3, round((box[3] - box[1]) * height)))  # fmt: skip

    def face(self, style: str, bold: bool = False) -> Typeface:
        """The document's typeface for a style, always the same."""
        key = style + ("_bold" if bold else "")
        if key not in self.faces:
            self.faces[key] = draw_typeface(self.rng, style, bold, script_of(self.person.locale) == "latin")
        return self.faces[key]


def lay_mask(canvas: RgbImage, mask: Mask, at: tuple[int, int], ink: Colour, opacity: float = 1.0) -> None:
    """Ink a page in place through a mask, clipped to the page."""
    x_min, y_min = max(0, at[0]), max(0, at[1])
    x_max, y_max = min(canvas.shape[1], at[0] + mask.shape[1]), min(canvas.shape[0], at[1] + mask.shape[0])
    if x_min >= x_max or y_min >= y_max:
        return
    part = mask[y_min - at[1] : y_max - at[1], x_min - at[0] : x_max - at[0]]
    under = canvas[y_min:y_max, x_min:x_max]
    alpha = cv2.merge([part.astype(np.float32) * np.float32(opacity / 255)] * 3)
    change = cv2.multiply(np.asarray(ink, np.float32) - under.astype(np.float32), alpha)
    canvas[y_min:y_max, x_min:x_max] = np.asarray(under + change + np.float32(0.5), np.uint8)


def write_line(
    page: Page, text: str, box: Box4, face: Typeface, *, ink: Colour | None = None, turn: int = 0, align: str = "left"
) -> Box4:
    """Write a line at the box's height, condensed to fit its width; return the written box."""
    sideways = turn % 180 == 90
    high, wide = (box[2] - box[0], box[3] - box[1]) if sideways else (box[3] - box[1], box[2] - box[0])
    size = min(high * 1.15, 100.0 * wide / max(1.0, width_at_100(face, text)))
    mask = text_mask(text, face.at(size), turn)
    spare = (wide - mask.shape[0 if sideways else 1]) * {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
    x, y = (box[0], box[1] + round(spare)) if sideways else (box[0] + round(spare), box[1])
    lay_mask(page.canvas, mask, (x, y), _readable(page, (x, y), mask, page.ink if ink is None else ink))
    return x, y, x + mask.shape[1], y + mask.shape[0]


def _readable(page: Page, at: tuple[int, int], mask: Mask, ink: Colour) -> Colour:
    """The ink, or white on a background as dark as the ink."""
    ground = page.canvas[max(0, at[1]) : at[1] + mask.shape[0] : 3, max(0, at[0]) : at[0] + mask.shape[1] : 6]
    mean = float(ground.mean()) if ground.size else 255.0
    return (246.0, 246.0, 246.0) if mean < 150 and abs(mean - float(np.mean(ink))) < 80 else ink


def fill(page: Page, box: Box4, colour: Colour, opacity: float = 1.0) -> None:
    """Fill a box."""
    lay_mask(page.canvas, np.full((box[3] - box[1], box[2] - box[0]), 255, np.uint8), box[:2], colour, opacity)


def mixed(colour_a: Colour, colour_b: npt.ArrayLike, share: float) -> Colour:
    """A mix of two colours."""
    red, green, blue = np.asarray(colour_a) * (1 - share) + np.asarray(colour_b, np.float64) * share
    return float(red), float(green), float(blue)
