"""Document designs as data: what lies under the portrait, where the portrait goes, what is printed over it.

Training draws `procedural` designs, no two alike. The nine designs of DocXPand are for validation only.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels
from img_super.synthesis.portraits import read_rgb

FloatArray = npt.NDArray[np.float32]
Frame = tuple[int, int, int, int]

CARD_ASPECTS: Final = (1.585, 1.42, 1.40, 1.30)
"""Width by height of ID-1, TD2, passport pages and booklets."""

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
"""Where the portrait lies (x_min, y_min, x_max, y_max, in shares of the card), measured on the nine fronts."""

_FONTS: Final = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
)


@dataclass(frozen=True, slots=True)
class Design:
    """A document without its portrait.

    Attributes:
        name: which design (family) it is.
        base: what lies under the portrait, float32 RGB.
        frame: the portrait's place, x_min, y_min, x_max, y_max in pixels of the canvas.
        cover: alpha (0 to 1) of what is printed over card and portrait alike.
        cover_colour: its colour, float32 [3].
        ghost: the second portrait's place, or None.
    """

    name: str
    base: FloatArray
    frame: Frame
    cover: FloatArray
    cover_colour: FloatArray
    ghost: Frame | None


def procedural(rng: np.random.Generator, frame_width_px: int) -> Design:
    """Draw a design; the portrait's frame will be `frame_width_px` wide."""
    aspect = float(rng.choice(CARD_ASPECTS))
    width = round(frame_width_px / rng.uniform(0.22, 0.34))
    height = round(width / aspect)
    frame = _draw_frame(rng, (width, height), frame_width_px)
    base = _background(rng, (height, width))
    ink = rng.uniform(0, 90, 3).astype(np.float32)
    _write_texts(rng, base, frame, ink)
    cover, colour = draw_cover(rng, (height, width), frame)
    return Design("procedural", base, frame, cover, colour, _draw_ghost(rng, (width, height), frame))


def docxpand(rng: np.random.Generator, folder: Path, name: str, frame_width_px: int) -> Design:
    """One of DocXPand's fronts, scaled so that its frame is `frame_width_px` wide; see shared/data's terms."""
    image = read_rgb(folder / name / "front.png").astype(np.float32)
    left, top, right, bottom = DOCXPAND_FRAMES[name]
    scale = frame_width_px / ((right - left) * image.shape[1])
    base = pixels.resize(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))
    height, width = base.shape[:2]
    frame = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    cover, colour = draw_cover(rng, (height, width), frame)
    return Design(f"docxpand/{name}", base, frame, cover, colour, None)


def _draw_frame(rng: np.random.Generator, card_wh: tuple[int, int], frame_width: int) -> Frame:
    width, height = card_wh
    frame_height = min(round(frame_width * rng.uniform(1.15, 1.42)), round(height * 0.86))
    on_the_left = rng.random() < 0.8
    margin = rng.uniform(0.01, 0.1) * width
    x = margin if on_the_left else width - frame_width - margin
    y = rng.uniform(0.06, 0.94 - frame_height / height) * height
    return (round(x), round(y), round(x) + frame_width, round(y) + frame_height)


def _draw_ghost(rng: np.random.Generator, card_wh: tuple[int, int], frame: Frame) -> Frame | None:
    if rng.random() > 0.35:
        return None
    width, height = card_wh
    ghost_width = round((frame[2] - frame[0]) * rng.uniform(0.3, 0.55))
    ghost_height = round(ghost_width * 1.25)
    left = frame[0] > width / 2
    x = round(rng.uniform(0.02, 0.2) * width) if left else round(width * rng.uniform(0.72, 0.95) - ghost_width)
    y = round(rng.uniform(0.3, 0.9) * (height - ghost_height))
    return (x, y, x + ghost_width, y + ghost_height)


def _background(rng: np.random.Generator, hw: tuple[int, int]) -> FloatArray:
    """A gradient between light colours, with guilloche, waves or grain on it, or plain paper."""
    colours = rng.uniform(150, 255, (3, 3)).astype(np.float32)
    if rng.random() < 0.3:
        colours = (np.repeat(rng.uniform(205, 255, (1, 3)), 3, axis=0) + rng.normal(0, 3, (3, 3))).astype(np.float32)
    y, x = np.mgrid[0 : hw[0], 0 : hw[1]].astype(np.float32)
    along = (np.cos(angle := rng.uniform(0, 6.3)) * x + np.sin(angle) * y) / max(hw)
    along = (along - along.min()) / (np.ptp(along) + 1e-6)
    stops = np.array([0, 0.5, 1])
    base = np.stack([np.interp(along, stops, colours[:, channel]) for channel in range(3)], axis=-1)
    base = base.astype(np.float32) + rng.uniform(0, 9) * pixels.smooth_field(rng, hw, 6)[:, :, None]
    if rng.random() < 0.85:
        for _ in range(int(rng.integers(1, 4))):
            lines = line_pattern(rng, hw) * np.float32(rng.uniform(0.1, 0.55))
            base = pixels.blend(base, rng.uniform(60, 230, 3).astype(np.float32)[None, None], lines)
    if rng.random() < 0.3:
        base = base + pixels.noise(rng, hw, float(rng.uniform(1, 7)), float(rng.uniform(0, 2)), 0.3)
    return np.clip(base, 0, 255)


def line_pattern(rng: np.random.Generator, hw: tuple[int, int]) -> FloatArray:
    """Fine lines as security printing has them (rosettes, waves, nets): alpha, float32, 0 to 1."""
    canvas = np.zeros(hw, np.uint8)
    thickness = int(rng.choice([1, 1, 1, 2]))
    curves = _rosette(rng, hw) if rng.random() < 0.45 else _waves(rng, hw)
    for curve in curves:
        cv2.polylines(canvas, [np.round(curve * 8).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 3)
    return np.asarray(canvas / np.float32(255), np.float32)


def _rosette(rng: np.random.Generator, hw: tuple[int, int]) -> list[FloatArray]:
    turns = np.linspace(0, 2 * np.pi, 360, dtype=np.float32)
    centre = rng.uniform(0.05, 0.95, 2) * hw[::-1]
    petals, waves = rng.integers(3, 14), rng.uniform(0.08, 0.4)
    size = rng.uniform(0.15, 0.6) * hw[0]
    curves = []
    for index in range(int(rng.integers(6, 22))):
        radius = size * (0.25 + 0.75 * index / 20) * (1 + waves * np.cos(petals * turns + index * 0.35))
        curves.append(np.stack([centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns)], -1))
    return curves


def _waves(rng: np.random.Generator, hw: tuple[int, int]) -> list[FloatArray]:
    height, width = hw
    x = np.linspace(-0.3 * width, 1.3 * width, 160, dtype=np.float32)
    amplitude, length = rng.uniform(0, 0.08) * height, rng.uniform(0.05, 0.7) * width
    slope, gap = rng.uniform(-0.6, 0.6), rng.uniform(4, 16)
    drift, phase = rng.uniform(0, 0.4), rng.uniform(0, 6.3)
    starts = np.arange(-0.9 * height, 1.9 * height, gap)[:220]
    return [
        np.stack([x, start + slope * x + amplitude * np.sin(x / length * 6.28 + phase + drift * index)], -1)
        for index, start in enumerate(starts)
    ]


def draw_cover(rng: np.random.Generator, hw: tuple[int, int], frame: Frame) -> tuple[FloatArray, FloatArray]:
    """What is printed over card and portrait: security lines, a stamp, nothing; alpha and its colour."""
    cover = np.zeros(hw, np.float32)
    if rng.random() < 0.55:
        cover = line_pattern(rng, hw) * np.float32(rng.uniform(0.12, 0.6))
        if rng.random() < 0.4:
            cover = cover * np.clip(pixels.smooth_field(rng, hw, 4) + 0.4, 0, 1)
    if rng.random() < 0.2:
        cover = np.maximum(cover, _stamp(rng, hw, frame) * np.float32(rng.uniform(0.3, 0.85)))
    dark = rng.uniform(20, 150, 3) if rng.random() < 0.6 else rng.uniform(190, 255, 3)
    return cover, dark.astype(np.float32)


def _stamp(rng: np.random.Generator, hw: tuple[int, int], frame: Frame) -> FloatArray:
    canvas = np.zeros(hw, np.uint8)
    width = frame[2] - frame[0]
    corner = (frame[int(rng.choice([0, 2]))], frame[int(rng.choice([1, 3]))])
    centre = (round(corner[0] + rng.normal(0, 0.12) * width), round(corner[1] + rng.normal(0, 0.12) * width))
    radius = max(6, round(width * rng.uniform(0.2, 0.5)))
    thickness = max(1, round(radius * 0.05))
    cv2.circle(canvas, centre, radius, 255, thickness, cv2.LINE_AA)
    cv2.circle(canvas, centre, round(radius * 0.7), 255, 1, cv2.LINE_AA)
    at = (centre[0] - round(radius * 0.6), centre[1])
    cv2.putText(canvas, _word(rng, 6), at, cv2.FONT_HERSHEY_SIMPLEX, radius / 60, 255, thickness, cv2.LINE_AA)
    worn = np.clip(pixels.smooth_field(rng, hw, 24) * 0.5 + 0.8, 0, 1)
    return np.asarray(canvas.astype(np.float32) / 255 * worn, np.float32)


def _write_texts(rng: np.random.Generator, base: FloatArray, frame: Frame, ink: FloatArray) -> None:
    """Headings, fields and machine-readable lines, written into `base`; also beside and under the frame."""
    height, width = base.shape[:2]
    colour = tuple(float(value) for value in ink)
    font = int(rng.choice(_FONTS))
    size = height / float(rng.uniform(520, 900))
    right_side = frame[0] < width / 2
    x = frame[2] + round(width * rng.uniform(0.01, 0.05)) if right_side else round(0.03 * width)
    weight = max(1, round(size * 1.6))
    step = height * rng.uniform(0.055, 0.1)
    for row in range(int(rng.integers(5, 13))):
        length = int(rng.integers(4, 22))
        scale = size * (0.6 if row % 2 else 1.0)
        at = (x, round(height * 0.14 + row * step))
        cv2.putText(base, _word(rng, length), at, font, scale, colour, weight, cv2.LINE_AA)
    if rng.random() < 0.8:
        at = (round(width * rng.uniform(0.02, 0.35)), round(height * rng.uniform(0.06, 0.11)))
        cv2.putText(base, _word(rng, 20), at, font, size * 1.4, colour, weight, cv2.LINE_AA)
    if rng.random() < 0.5:
        _write_mrz(rng, base, max(frame[3] + 0.07 * height, 0.84 * height))


def _write_mrz(rng: np.random.Generator, base: FloatArray, y: float) -> None:
    height, width = base.shape[:2]
    letters = list(string.ascii_uppercase + string.digits + "<<<<<<<<<<<<")
    for row in range(2):
        text = "".join(rng.choice(letters, 36))
        scale = width / 36 / 20
        at = (round(0.03 * width), round(y + row * 0.075 * height))
        cv2.putText(base, text, at, cv2.FONT_HERSHEY_PLAIN, scale * 1.8, (25, 25, 30), 1, cv2.LINE_AA)


def _word(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(list(string.ascii_letters + string.digits + "   ./"), length))
