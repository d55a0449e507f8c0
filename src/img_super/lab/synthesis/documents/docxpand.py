"""DocXPand's nine designs (QuickSign, MIT): read from a folder, for validation only."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage
from img_super.lab.dataset.pictures import read_rgb
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Blank
from img_super.lab.synthesis.documents.design import PortraitSpec
from img_super.lab.synthesis.documents.drawing import draw_style
from img_super.lab.synthesis.documents.overprints import draw_overprints
from img_super.lab.synthesis.documents.page import Page
from img_super.lab.synthesis.documents.people import draw_person

DOCXPAND_FRAMES: Final[dict[str, tuple[float, float, float, float]]] = {
    "id_card_td1_a": (0.023, 0.295, 0.348, 0.961),
    "id_card_td1_b": (0.024, 0.248, 0.334, 0.877),
    "id_card_td2_a": (0.035, 0.208, 0.310, 0.700),
    "id_card_td2_b": (0.034, 0.155, 0.316, 0.654),
    "pp_td3_a": (0.015, 0.199, 0.307, 0.731),
    "pp_td3_b": (0.017, 0.199, 0.308, 0.731),
    "pp_td3_c": (0.016, 0.200, 0.310, 0.736),
    "rp_card_td1": (0.0175, 0.334, 0.332, 0.960),
    "rp_card_td2": (0.017, 0.183, 0.308, 0.712),
}
"""Where the portrait lies (shares of the card), measured on the nine fronts."""

DOCXPAND_NAMES: Final = tuple(DOCXPAND_FRAMES)

_MARGIN: Final = 0.006
"""Of the front's width, beyond the frame."""

_OVERPRINTS: Final = {
    "lines": 0.5, "rosette": 0.2, "microtext": 0.15, "stamp": 0.12, "hologram": 0.25, "laminate": 0.15,
}  # fmt: skip
_PORTRAIT: Final = PortraitSpec(
    shapes={"rectangle": 0.85, "rounded": 0.15},
    backgrounds={"photo": 0.4, "plain": 0.3, "transparent": 0.2, "multiply": 0.1},
    tones={"colour": 0.65, "grey": 0.35},
    borders={"none": 0.8, "white": 0.1, "line": 0.1},
    faded=0.3,
)
_LOCALES: Final = ("fr_FR", "es_ES", "pl_PL", "de_DE")


def docxpand_blank(rng: np.random.Generator, folder: Path, name: str, frame_width_px: int) -> Blank:
    """One of the nine fronts, scaled so that its frame is `frame_width_px` wide, with our own overprints."""
    front = _front(folder, name)
    left, top, right, bottom = DOCXPAND_FRAMES[name]
    scale = frame_width_px / ((right - left) * front.shape[1])
    width, height = round(front.shape[1] * scale), round(front.shape[0] * scale)
    image = pixels.to_bytes(pixels.resize(pixels.as_float(front), (width, height)))
    frame = round(left * width), round(top * height), round(right * width), round(bottom * height)
    person = draw_person(rng, str(rng.choice(_LOCALES)))
    ink = (float(rng.uniform(0, 110)), float(rng.uniform(0, 110)), float(rng.uniform(20, 140)))
    page = Page(image, frame, person, rng, (ink,), {}, 1.0)
    overprints = draw_overprints(page, _OVERPRINTS)
    material = str(rng.choice(["plastic", "laminate", "paper"]))
    kinds = " ".join(overprint.kind for overprint in overprints)
    return Blank(
        f"docxpand/{name}", image, frame, overprints, None, draw_style(rng, _PORTRAIT), material,
        {"design": f"docxpand/{name}", "material": material, "ghost": False, "overprints": kinds},
    )  # fmt: skip


@lru_cache(16)
def _front(folder: Path, name: str) -> RgbImage:
    """The front without its sample person. Raises `FileNotFoundError` if there is no such picture."""
    return without_portrait(read_rgb(folder / name / "front.png"), DOCXPAND_FRAMES[name])


def without_portrait(front: RgbImage, frame: tuple[float, float, float, float]) -> RgbImage:
    """Inpaint the frame from its two sides, or the sample person would show behind a cut-out portrait.

    `frame`: x_min, y_min, x_max, y_max relative to the front.
    """
    height, width = front.shape[:2]
    margin = round(_MARGIN * width)
    x_min, x_max = max(margin, round(frame[0] * width) - margin), round(frame[2] * width) + margin
    y_min, y_max = round(frame[1] * height) - margin, min(height, round(frame[3] * height) + margin)
    rows = np.s_[y_min:y_max]
    sides = [front[rows, x - margin : x].mean(1) for x in (x_min, x_max + margin)]
    left, right = (cv2.GaussianBlur(side[:, None].astype(np.float32), (0, 0), 0.02 * height) for side in sides)
    across = np.linspace(0, 1, x_max - x_min, dtype=np.float32)[None, :, None]
    filled = front.copy()
    filled[rows, x_min:x_max] = np.round(left * (1 - across) + right * across)
    return filled
