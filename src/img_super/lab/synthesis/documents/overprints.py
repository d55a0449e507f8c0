"""Prints, stamps and laminates over both card and portrait: the evidence that a portrait belongs there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import UInt8Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents import lines
from img_super.lab.synthesis.documents.blank import Overprint
from img_super.lab.synthesis.documents.items import signature_mask
from img_super.lab.synthesis.documents.page import Colour, Page
from img_super.lab.synthesis.documents.typefaces import Mask, text_mask
from img_super.lab.synthesis.geometry import Box4, overlap

AFTER_PRINTING: Final = frozenset({"stamp", "dry_stamp", "hologram", "laminate", "signature"})
"""Kinds that are not part of the print: no raster goes over them, and they also lie on a glued photo."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A transparent sheet over the page."""

    page: Page
    hw: tuple[int, int]

    @property
    def rng(self) -> np.random.Generator:
        return self.page.rng

    @property
    def frame(self) -> Box4:
        return self.page.frame


def draw_overprints(page: Page, chances: dict[str, float]) -> tuple[Overprint, ...]:
    """Draw each kind with the design's frequency."""
    sheet = _Sheet(page, page.canvas.shape[:2])
    overprints = []
    for kind, chance in chances.items():
        if page.rng.random() < chance:
            alpha, colour = DRAWERS[kind](sheet)
            overprints.append(Overprint(kind, alpha, colour))
    return tuple(overprints)


def _light_or_dark(sheet: _Sheet, dark_share: float = 0.65) -> Colour:
    if sheet.rng.random() < dark_share:
        base = np.asarray(sheet.page.some_ink()) * sheet.rng.uniform(0.6, 1.0) + sheet.rng.uniform(0, 60)
    else:
        base = sheet.rng.uniform(200, 255, 3)
    red, green, blue = np.clip(base, 0, 255)
    return float(red), float(green), float(blue)


def _lines(sheet: _Sheet) -> tuple[Mask, Colour]:
    """Guilloche that continues from the card over all of the photo, or over one side."""
    alpha = np.zeros(sheet.hw, np.uint8)
    kinds = tuple(lines.PATTERNS)
    curves = lines.draw_pattern(sheet.rng, kinds[int(sheet.rng.integers(len(kinds)))], sheet.hw)
    lines.draw_curves(alpha, curves, [(float(sheet.rng.uniform(45, 190)),)], int(sheet.rng.choice([1, 1, 1, 2])))
    if sheet.rng.random() < 0.5:
        alpha = _faded(sheet, alpha)
    return alpha, _light_or_dark(sheet)


def _faded(sheet: _Sheet, alpha: Mask) -> Mask:
    x_min, y_min, x_max, y_max = sheet.frame
    angle = sheet.rng.uniform(0, 2 * np.pi)
    columns = (np.arange(sheet.hw[1], dtype=np.float32) - (x_min + x_max) / 2) / (x_max - x_min) * np.cos(angle)
    rows = (np.arange(sheet.hw[0], dtype=np.float32) - (y_min + y_max) / 2) / (y_max - y_min) * np.sin(angle)
    ramp = np.clip(np.add.outer(rows, columns) * 1.4 + sheet.rng.uniform(0.1, 0.7), 0, 1).astype(np.float32)
    return np.asarray(cv2.multiply(alpha, ramp, dtype=cv2.CV_8U), np.uint8)


def _rosette(sheet: _Sheet) -> tuple[Mask, Colour]:
    alpha = np.zeros(sheet.hw, np.uint8)
    x, y = _at_edge(sheet)
    size = (sheet.frame[2] - sheet.frame[0]) * sheet.rng.uniform(0.2, 0.7)
    draw = lines.rosette if sheet.rng.random() < 0.6 else lines.hypotrochoid
    lines.draw_curves(alpha, draw((x, y), size, sheet.rng), [(float(sheet.rng.uniform(70, 220)),)])
    return alpha, _light_or_dark(sheet)


def _at_edge(sheet: _Sheet) -> tuple[float, float]:
    """A point near the frame's outline, more often at a lower corner, like stamps."""
    x_min, y_min, x_max, y_max = sheet.frame
    width, height = x_max - x_min, y_max - y_min
    x = x_min if sheet.rng.random() < 0.45 else x_max
    y = float(y_max if sheet.rng.random() < 0.7 else y_min)
    if sheet.rng.random() < 0.4:
        y = float(sheet.rng.uniform(y_min, y_max))
    return float(x + sheet.rng.normal(0, 0.08) * width), float(y + sheet.rng.normal(0, 0.08) * height)


def _microtext(sheet: _Sheet) -> tuple[Mask, Colour]:
    """Lines of tiny text over the photo, straight or slanted."""
    alpha = np.zeros(sheet.hw, np.uint8)
    width = sheet.frame[2] - sheet.frame[0]
    font = sheet.page.face("sans").at(max(4.5, width * sheet.rng.uniform(0.025, 0.06)))
    line = text_mask((sheet.page.person.state + " ") * 12, font, float(sheet.rng.choice([0, 0, 90, 20, -30])))
    for _ in range(int(sheet.rng.integers(1, 6))):
        x, y = sheet.rng.uniform(sheet.frame[0], sheet.frame[2]), sheet.rng.uniform(sheet.frame[1], sheet.frame[3])
        _lay(alpha, line, (round(x - line.shape[1] / 2), round(y - line.shape[0] / 2)))
    return _weakened(alpha, sheet.rng.uniform(0.35, 0.9)), _light_or_dark(sheet)


def _text(sheet: _Sheet) -> tuple[Mask, Colour]:
    """A number or name printed at the photo's foot or along its side."""
    alpha = np.zeros(sheet.hw, np.uint8)
    x_min, y_min, x_max, y_max = sheet.frame
    person = sheet.page.person
    text = person.number if sheet.rng.random() < 0.7 else person.surname
    turn = int(sheet.rng.choice([0, 0, 90, 270]))
    face = sheet.page.face("mono" if sheet.rng.random() < 0.4 else "sans")
    mask = text_mask(text, face.at((x_max - x_min) * 0.11), turn)
    x = round(sheet.rng.uniform(x_min - 0.1 * mask.shape[1], max(x_min + 1, x_max - mask.shape[1])))
    y = round(y_max - mask.shape[0] - sheet.rng.uniform(-0.3, 0.4) * mask.shape[0]) if turn == 0 else y_min + 4
    _lay(alpha, mask, (x, y))
    return _weakened(alpha, sheet.rng.uniform(0.5, 1)), _light_or_dark(sheet)


def _stamp(sheet: _Sheet) -> tuple[Mask, Colour]:
    size = round((sheet.frame[2] - sheet.frame[0]) * sheet.rng.uniform(0.5, 1.1))
    alpha = _across_edge(sheet, _round_stamp(sheet, size) if sheet.rng.random() < 0.7 else _square_stamp(sheet, size))
    ink = np.clip(pixels.smooth_field(sheet.rng, sheet.hw, 24) * 0.35 + sheet.rng.uniform(0.45, 0.95), 0.05, 1)
    inks = ((60, 44, 130), (36, 60, 150), (150, 36, 50), (40, 40, 48), (60, 110, 80))
    red, green, blue = inks[int(sheet.rng.integers(len(inks)))]
    ink = np.asarray(ink, np.float32)
    return np.asarray(cv2.multiply(alpha, ink, dtype=cv2.CV_8U), np.uint8), (float(red), float(green), float(blue))


def _across_edge(sheet: _Sheet, mask: Mask) -> Mask:
    """Across the portrait's edge; a few elsewhere on the card."""
    alpha = np.zeros(sheet.hw, np.uint8)
    x, y = _at_edge(sheet)
    if sheet.rng.random() < 0.12:
        x, y = (float(value) for value in sheet.rng.uniform(0.1, 0.9, 2) * (sheet.hw[1], sheet.hw[0]))
    _lay(alpha, mask, (round(x - mask.shape[1] / 2), round(y - mask.shape[0] / 2)))
    return alpha


def _round_stamp(sheet: _Sheet, size: int) -> Mask:
    """Rings with text around and something in the middle."""
    mask = np.zeros((size, size), np.uint8)
    middle, radius = (size // 2, size // 2), size / 2 - 2
    thick = max(1, round(size * sheet.rng.uniform(0.01, 0.03)))
    for share in (*(1.0, 0.93, 0.62)[: int(sheet.rng.integers(1, 4))], 0.62):
        cv2.circle(mask, middle, round(radius * share), 255, thick, cv2.LINE_AA)
    font = sheet.page.face("sans_bold").at(size * 0.13) if size > 40 else sheet.page.face("sans").at(7)
    letters = (sheet.page.person.state + " * ")[:26]
    for number, letter in enumerate(letters):
        angle = 2 * np.pi * number / len(letters)
        glyph = text_mask(letter, font, -float(np.rad2deg(angle)))
        at = size / 2 + 0.78 * radius * np.sin(angle), size / 2 - 0.78 * radius * np.cos(angle)
        _lay(mask, glyph, (round(at[0] - glyph.shape[1] / 2), round(at[1] - glyph.shape[0] / 2)))
    if sheet.rng.random() < 0.6:
        lines.draw_curves(mask, lines.rosette((size / 2, size / 2), 0.4 * radius, sheet.rng), [(255,)])
    return _turned(mask, float(sheet.rng.uniform(-180, 180)))


def _square_stamp(sheet: _Sheet, size: int) -> Mask:
    """A frame with a few lines of text: a date, an office."""
    face = sheet.page.face("sans")
    texts = (sheet.page.person.place[:16], "20" + sheet.page.person.expires, sheet.page.person.state[:18])
    rows = [text_mask(text, face.at(max(6.0, size * 0.14))) for text in texts[: int(sheet.rng.integers(1, 4))]]
    mask = np.zeros((sum(row.shape[0] + 5 for row in rows) + 12, max(row.shape[1] for row in rows) + 14), np.uint8)
    cv2.rectangle(mask, (2, 2), (mask.shape[1] - 3, mask.shape[0] - 3), 255, max(1, size // 60), cv2.LINE_AA)
    y = 8
    for row in rows:
        _lay(mask, row, (7, y))
        y += row.shape[0] + 5
    return _turned(mask, float(sheet.rng.normal(0, 12)))


def _turned(mask: Mask, angle_deg: float) -> Mask:
    side = int(np.hypot(*mask.shape)) + 2
    matrix = cv2.getRotationMatrix2D((mask.shape[1] / 2, mask.shape[0] / 2), angle_deg, 1.0)
    matrix[:, 2] += (side - mask.shape[1]) / 2, (side - mask.shape[0]) / 2
    return np.asarray(cv2.warpAffine(mask, matrix, (side, side)), np.uint8)


def _dry_stamp(sheet: _Sheet) -> tuple[Mask, Colour]:
    size = round((sheet.frame[2] - sheet.frame[0]) * sheet.rng.uniform(0.5, 1.0))
    relief = pixels.blur(_across_edge(sheet, _round_stamp(sheet, size)).astype(np.float32), 0.8)
    lit = np.clip(relief - np.roll(relief, (1, 1), (0, 1)), 0, 255) * np.float32(sheet.rng.uniform(0.5, 1.2))
    bright = sheet.rng.random() < 0.6
    return np.asarray(np.clip(lit, 0, 255), np.uint8), (245.0, 245.0, 245.0) if bright else (40.0, 40.0, 40.0)


def _signature(sheet: _Sheet) -> tuple[Mask, Colour]:
    width, height = sheet.frame[2] - sheet.frame[0], sheet.frame[3] - sheet.frame[1]
    wh = (round(width * sheet.rng.uniform(0.6, 1.3)), round(height * sheet.rng.uniform(0.15, 0.35)))
    mask = _turned(signature_mask(sheet.rng, wh), float(sheet.rng.normal(0, 12)))
    dark = sheet.rng.uniform(10, 60)
    blue = float(sheet.rng.uniform(dark, 150))
    return _weakened(_across_edge(sheet, mask), sheet.rng.uniform(0.6, 1)), (dark, dark, blue)


def _hologram(sheet: _Sheet) -> tuple[Mask, Colour]:
    """A faint bright figure in the laminate, lit in places."""
    alpha = np.zeros(sheet.hw, np.uint8)
    width = sheet.frame[2] - sheet.frame[0]
    weight = float(sheet.rng.uniform(40, 150))
    for _ in range(int(sheet.rng.integers(1, 4))):
        x, y = _at_edge(sheet)
        draw = lines.rosette if sheet.rng.random() < 0.6 else lines.hypotrochoid
        lines.draw_curves(alpha, draw((x, y), width * sheet.rng.uniform(0.2, 0.7), sheet.rng), [(weight,)], 2)
    light = np.clip(pixels.smooth_field(sheet.rng, sheet.hw, 5) * 0.6 + 0.5, 0, 1).astype(np.float32)
    tint = sheet.rng.uniform(170, 255, 3)
    colour = (float(tint[0]), float(tint[1]), float(tint[2]))
    return np.asarray(cv2.multiply(alpha, light, dtype=cv2.CV_8U), np.uint8), colour


def _laminate(sheet: _Sheet) -> tuple[Mask, Colour]:
    """A pattern of words or figures that repeats all over the laminate."""
    alpha = np.zeros(sheet.hw, np.uint8)
    width = sheet.frame[2] - sheet.frame[0]
    text = sheet.page.person.country if sheet.rng.random() < 0.6 else sheet.page.person.state[:12]
    glyph = text_mask(text, sheet.page.face("sans_bold").at(max(6.0, width * sheet.rng.uniform(0.08, 0.2))), 25)
    step = round(glyph.shape[1] * sheet.rng.uniform(1.1, 2)), round(glyph.shape[0] * sheet.rng.uniform(1.1, 2))
    for row, y in enumerate(range(0, sheet.hw[0], max(6, step[1]))):
        for x in range(-(row % 2) * step[0] // 2, sheet.hw[1], max(6, step[0])):
            _lay(alpha, glyph, (x, y))
    light = np.clip(pixels.smooth_field(sheet.rng, sheet.hw, 4) * 0.5 + 0.5, 0.05, 1) * sheet.rng.uniform(0.08, 0.4)
    tint = sheet.rng.uniform(190, 255, 3)
    weak = np.asarray(cv2.multiply(alpha, light.astype(np.float32), dtype=cv2.CV_8U), np.uint8)
    return weak, (float(tint[0]), float(tint[1]), float(tint[2]))


def _weakened(alpha: Mask, share: float) -> Mask:
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=float(share)), np.uint8)


def _lay(sheet: Mask, mask: UInt8Array, at: tuple[int, int]) -> None:
    box = overlap((at[0], at[1], at[0] + mask.shape[1], at[1] + mask.shape[0]), (sheet.shape[1], sheet.shape[0]))
    if box[0] < box[2] and box[1] < box[3]:
        target = sheet[box[1] : box[3], box[0] : box[2]]
        np.maximum(target, mask[box[1] - at[1] : box[3] - at[1], box[0] - at[0] : box[2] - at[0]], out=target)


DRAWERS: Final[dict[str, Callable[[_Sheet], tuple[Mask, Colour]]]] = {
    "lines": _lines,
    "rosette": _rosette,
    "microtext": _microtext,
    "text": _text,
    "stamp": _stamp,
    "dry_stamp": _dry_stamp,
    "signature": _signature,
    "hologram": _hologram,
    "laminate": _laminate,
}
