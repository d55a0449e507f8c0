"""Surfaces under the card: drawn once per process, then rotated, scaled and tinted for every photo.

Each texture tiles in both directions, so that a photo may show any part of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from img_super.domain import Float32Array, RgbImage, UInt8Array
from img_super.lab.synthesis import pixels

SIDE_PX: Final = 512
VARIANTS: Final = 8
_SEED: Final = 20260202
_SOUNDS: Final = (
    "ba be co da di el en fa ga he in jo ka la le ma mo na ni or pa pe qui ra re sa se ta te ti un va ve xi yo zu "
    "por los con del una cion est par tra mun ser der ung och the and ing sta nov kra lis dom sky"
)
_SYLLABLES: Final = _SOUNDS.split()


@dataclass(frozen=True, slots=True)
class Surface:
    """A tiling texture: RGB uint8, and its pixels per millimetre."""

    image: RgbImage
    px_per_mm: float


@cache
def surface(kind: str, variant: int) -> Surface:
    """One of the textures in `KINDS`; the same kind and variant give the same pixels."""
    draw, px_per_mm = _DRAWN[kind]
    rng = np.random.default_rng([_SEED, KINDS.index(kind), variant])
    return Surface(np.ascontiguousarray(draw(rng)), px_per_mm)


@cache
def reduced(kind: str, variant: int, halvings: int) -> Surface:
    """The texture halved this many times, for photos that show much of it."""
    if halvings == 0:
        return surface(kind, variant)
    finer = reduced(kind, variant, halvings - 1)
    half = cv2.resize(finer.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Surface(np.asarray(half, np.uint8), finer.px_per_mm / 2)


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _field(rng: np.random.Generator, cells: tuple[int, int]) -> Float32Array:
    """A smooth tiling field, about -1 to 1; `cells`: bumps across and down."""
    coarse = rng.standard_normal((cells[1], cells[0])).astype(np.float32)
    padded = np.pad(coarse, 2, mode="wrap")
    wh = (round(SIDE_PX * padded.shape[1] / cells[0]), round(SIDE_PX * padded.shape[0] / cells[1]))
    large = pixels.enlarged(padded, wh)
    x, y = round(2 * SIDE_PX / cells[0]), round(2 * SIDE_PX / cells[1])
    return np.asarray(large[y : y + SIDE_PX, x : x + SIDE_PX], np.float32)


def _fine(rng: np.random.Generator, sigma_px: float) -> Float32Array:
    return pixels.grain(rng, (SIDE_PX, SIDE_PX), sigma_px)


def _between(dark: npt.ArrayLike, light: npt.ArrayLike, share: Float32Array) -> Float32Array:
    return pixels.blend(pixels.filled(share.shape, dark), np.asarray(light, np.float32), np.clip(share, 0, 1))


def words(rng: np.random.Generator, count: int) -> str:
    """This many meaningless words."""
    syllables = ("".join(rng.choice(_SYLLABLES, int(rng.integers(1, 4)))) for _ in range(count))
    return " ".join(word.capitalize() if rng.random() < 0.15 else word for word in syllables)


def _newsprint(rng: np.random.Generator) -> RgbImage:
    ink = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    columns = int(rng.integers(2, 5))
    wide = SIDE_PX // columns
    for column in range(columns):
        _column(rng, ink[:, column * wide + 6 : (column + 1) * wide - 6])
        if rng.random() < 0.5:
            ink[:, column * wide] = 150
    paper = _between((186, 178, 160), (226, 222, 210), 0.5 + 0.16 * _field(rng, (4, 4)) + 0.1 * _fine(rng, 1.2))
    density = cv2.GaussianBlur(np.asarray(ink, np.float32), (0, 0), 0.5) * np.float32(rng.uniform(0.75, 0.92) / 255)
    page = pixels.blend(paper, np.array(rng.uniform(20, 52, 3), np.float32), density)
    for _ in range(int(rng.integers(1, 4))):
        page = _advert(rng, page)
    return pixels.to_bytes(page)


@cache
def _lines(size_px: int) -> UInt8Array:
    rng = np.random.default_rng([_SEED, size_px])
    height = round(size_px * 1.22)
    strips = []
    for _ in range(10):
        strip = Image.new("L", (2 * SIDE_PX, height), 0)
        ImageDraw.Draw(strip).text((0, 0), words(rng, 2600 // (size_px * 3)), 255, _font(size_px))
        strips.append(np.asarray(strip))
    return np.stack(strips)


def _column(rng: np.random.Generator, ink: UInt8Array) -> None:
    """A column of headlines and text, cut from prepared lines."""
    height, width = ink.shape
    y = int(rng.integers(0, 30))
    while y < height:
        size = int(rng.choice([10, 11, 12, 26, 40], p=[0.35, 0.3, 0.15, 0.13, 0.07]))
        lines = _lines(size)
        count = int(rng.integers(6, 26)) if size < 20 else int(rng.integers(1, 3))
        for number, x in zip(rng.integers(0, len(lines), count), rng.integers(0, SIDE_PX, count), strict=True):
            line = lines[number, :, x : x + width]
            part = ink[y : y + line.shape[0]]
            part[:, : line.shape[1]] = line[: part.shape[0]]
            y += line.shape[0]
        y += 6


def _advert(rng: np.random.Generator, page: Float32Array) -> Float32Array:
    """A picture or a coloured box with a headline; it stays inside the page so that the page tiles."""
    width, height = int(rng.integers(100, 260)), int(rng.integers(60, 220))
    x, y = int(rng.integers(0, SIDE_PX - width)), int(rng.integers(0, SIDE_PX - height))
    part = np.s_[y : y + height, x : x + width]
    page = page.copy()
    if rng.random() < 0.55:
        picture = _between(rng.uniform(10, 110, 3), rng.uniform(120, 245, 3), 0.5 + 0.3 * _field(rng, (7, 7)))
        page[part] = picture[:height, :width] + 14 * _fine(rng, 0.8)[:height, :width, None]
        return page
    box = Image.new("RGB", (width, height), tuple(int(v) for v in rng.uniform(20, 235, 3)))
    pen = ImageDraw.Draw(box)
    for line in range(4):
        colour = tuple(int(v) for v in rng.choice([15, 250], 3))
        pen.text((8, 6 + line * 34), words(rng, 3), colour, _font(int(rng.integers(14, 34))))
    page[part] = np.asarray(box, np.float32)
    return page


def _keyboard(rng: np.random.Generator) -> RgbImage:
    rows, columns = 5, 5
    pitch = SIDE_PX // columns
    dark = rng.random() < 0.6
    base, cap = (rng.uniform(14, 46), rng.uniform(28, 72)) if dark else (rng.uniform(120, 190), rng.uniform(190, 245))
    board = Image.new("RGB", (SIDE_PX, SIDE_PX), (int(base),) * 3)
    pen = ImageDraw.Draw(board)
    gap, radius = int(rng.integers(5, 14)), int(rng.integers(6, 20))
    legend = (230,) * 3 if dark else (40,) * 3
    for row in range(rows):
        shift = int(rng.integers(0, pitch))
        for column in range(-1, columns + 1):
            x, y = column * pitch + shift, row * pitch
            tone = int(np.clip(cap + rng.normal(0, 2), 0, 255))
            pen.rounded_rectangle([x + gap, y + gap, x + pitch - gap, y + pitch - gap], radius, (tone,) * 3)
            top = int(np.clip(cap + 16, 0, 255))
            inset = gap + 9
            pen.rounded_rectangle(
                [x + inset, y + gap + 4, x + pitch - inset, y + pitch - inset - 8], radius, (top,) * 3
            )
            letter = str(rng.choice(list("QWERTYUIOPASDFGHJKLZXCVBNM1234567890.,-+")))
            pen.text((x + inset + 12, y + inset + 4), letter, legend, _font(27))
    image = np.asarray(board, np.float32) + 2.5 * _fine(rng, 0.8)[:, :, None]
    return pixels.to_bytes(pixels.blur(np.asarray(image, np.float32), 1.2))


_WOODS: Final = (
    ((96, 52, 28), (168, 104, 58)), ((150, 92, 44), (214, 152, 88)), ((44, 24, 18), (98, 56, 40)),
    ((176, 140, 100), (226, 196, 156)), ((110, 98, 86), (168, 156, 142)), ((120, 46, 24), (176, 84, 46)),
)  # fmt: skip


def _wood(rng: np.random.Generator) -> RgbImage:
    dark, light = _WOODS[int(rng.integers(len(_WOODS)))]
    bend = _field(rng, (3, 2))
    y = np.arange(SIDE_PX, dtype=np.float32)[:, None] / SIDE_PX
    rings = np.sin((y * int(rng.integers(5, 12)) + 0.35 * bend + 0.06 * _field(rng, (6, 60))) * 2 * np.pi)
    fibres = cv2.blur(np.pad(_fine(rng, 0.6), 40, mode="wrap"), (61, 1))[40:-40, 40:-40] * 4
    pores = cv2.blur(np.pad((_fine(rng, 0.5) > 2.3).astype(np.float32), 10, mode="wrap"), (9, 1))[10:-10, 10:-10]
    share = 0.5 + 0.2 * rings + 0.14 * fibres + 0.14 * bend - 1.6 * pores
    return pixels.to_bytes(_between(dark, light, np.asarray(share, np.float32)))


def _cloth(rng: np.random.Generator) -> RgbImage:
    threads = int(rng.choice([64, 80, 128, 160]))
    x = np.arange(SIDE_PX, dtype=np.float32)[None] / SIDE_PX * threads
    y = np.arange(SIDE_PX, dtype=np.float32)[:, None] / SIDE_PX * threads
    weave = np.where((np.floor(x) + np.floor(y)) % 2 == 0, np.sin(np.pi * (x % 1)), np.sin(np.pi * (y % 1)))
    yarn = cv2.blur(_fine(rng, 0.6), (1, 9)) * 2 + _fine(rng, 2.5) * 0.5
    colour = rng.uniform(25, 225, 3) if rng.random() < 0.4 else rng.uniform(25, 200) + rng.normal(0, 12, 3)
    share = 0.2 + 0.6 * weave + 0.13 * yarn + 0.08 * _field(rng, (5, 5))
    if rng.random() < 0.35:
        share = share * np.where(np.sin(2 * np.pi * x * int(rng.integers(2, 6)) / threads) > 0, 0.75, 1)
    return pixels.to_bytes(_between(colour * rng.uniform(0.15, 0.5), colour, np.asarray(share, np.float32)))


def _stone(rng: np.random.Generator) -> RgbImage:
    base = np.array(rng.uniform(70, 215), np.float32) + rng.normal(0, 10, 3)
    patches = 0.55 + 0.1 * _field(rng, (6, 6)) + 0.13 * _field(rng, (24, 24)) + 0.12 * _field(rng, (80, 80))
    speck = np.clip(_fine(rng, float(rng.uniform(0.7, 2.2))) - rng.uniform(0.8, 1.8), 0, 1)
    image = _between(base * 0.55, np.minimum(base * 1.25, 250), np.asarray(patches, np.float32))
    return pixels.to_bytes(pixels.blend(image, np.array(rng.uniform(10, 240, 3), np.float32), speck))


def _foil(rng: np.random.Generator) -> RgbImage:
    height = sum(_field(rng, (cells, cells)) / cells**0.55 for cells in (5, 9, 17, 33))
    creased = -np.abs(np.asarray(height, np.float32))
    slope = cv2.Sobel(creased, cv2.CV_32F, 1, 0, ksize=5) + cv2.Sobel(creased, cv2.CV_32F, 0, 1, ksize=5)
    shine = np.clip(slope / slope.std() * 0.16 + 0.32, 0, 1) ** 1.6
    colour = np.clip(rng.uniform(20, 230) + rng.normal(0, 40, 3), 8, 240)
    return pixels.to_bytes(_between(colour * 0.25, np.minimum(colour * 1.1 + 90, 255), np.asarray(shine, np.float32)))


def _paper(rng: np.random.Generator) -> RgbImage:
    tone = rng.uniform(205, 250) + rng.normal(0, 3, 3)
    share = 0.6 + 0.12 * _field(rng, (4, 4)) + 0.05 * _fine(rng, 0.8)
    return pixels.to_bytes(_between(tone * 0.86, np.minimum(tone * 1.03, 253), np.asarray(share, np.float32)))


def _plain(rng: np.random.Generator) -> RgbImage:
    colour = rng.uniform(15, 235, 3) if rng.random() < 0.5 else rng.uniform(20, 240) + rng.normal(0, 8, 3)
    share = 0.6 + 0.1 * _field(rng, (3, 3)) + 0.04 * _fine(rng, 0.7)
    return pixels.to_bytes(_between(colour * 0.8, np.clip(colour * 1.1, 0, 255), np.asarray(share, np.float32)))


def _form(rng: np.random.Generator) -> RgbImage:
    sheet = Image.new("RGB", (SIDE_PX, SIDE_PX), tuple(int(v) for v in rng.uniform(205, 252, 3)))
    pen = ImageDraw.Draw(sheet)
    ink = tuple(int(v) for v in rng.uniform(10, 110, 3))
    for y in range(10, SIDE_PX, int(rng.integers(26, 50))):
        if rng.random() < 0.5:
            pen.line([(0, y + 22), (SIDE_PX, y + 22)], ink, 1)
        font = _font(int(rng.integers(11, 20)))
        pen.text((int(rng.integers(0, 200)), y), words(rng, 5), ink, font)
    image = np.asarray(sheet, np.float32) + 3 * _fine(rng, 0.8)[:, :, None]
    return pixels.to_bytes(np.asarray(image, np.float32))


_DRAWN: Final[dict[str, tuple[Callable[[np.random.Generator], RgbImage], float]]] = {
    "newsprint": (_newsprint, 4.2), "keyboard": (_keyboard, 5.4), "wood": (_wood, 3.5), "cloth": (_cloth, 7.0),
    "stone": (_stone, 4.0), "foil": (_foil, 4.0), "paper": (_paper, 4.0), "plain": (_plain, 3.0), "form": (_form, 6.0),
}  # fmt: skip

KINDS: Final = tuple(_DRAWN)
