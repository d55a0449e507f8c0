"""Things over a card: fingers that hold it, pens, cords, the corner of another card.

They are drawn at a reduced size in the photo's plane and cast a soft shadow.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import slid

_SKINS: Final = (
    (244, 212, 194), (236, 196, 172), (224, 178, 148), (205, 158, 126), (186, 136, 102), (150, 104, 74),
    (112, 74, 52), (80, 52, 38),
)  # fmt: skip
_POLISH_SHARE: Final = 0.12
_CANVAS_PX: Final = (200, 640)
"""Longest side of the reduced canvas, from and to."""


@dataclass(frozen=True, slots=True)
class Occluder:
    """Something over the card. Positions are in face widths from the portrait's centre."""

    kind: str  # `finger`, `pen` or `card`
    # x, y: the tip (of a card: its corner)
    x: float
    y: float
    points_deg: float  # direction of the tip, 0 to the right, 90 downwards
    # width, length: in face widths
    width: float
    length: float
    colour: tuple[float, float, float]  # RGB of skin, pen or card
    accent: tuple[float, float, float]  # RGB of the nail or the pen's cap
    lift: float  # softness of its shadow, 1 to 6: how high it is held
    near: bool  # close to the lens, far out of focus


def draw_occluders(rng: np.random.Generator) -> tuple[Occluder, ...]:
    """Nothing in most photos, otherwise a hand or one or two other things."""
    kind = str(rng.choice(["none", "hand", "other"], p=[0.72, 0.19, 0.09]))
    if kind == "hand":
        return _draw_hand(rng)
    if kind == "other":
        return tuple(_draw_other(rng) for _ in range(int(rng.integers(1, 3))))
    return ()


def _draw_hand(rng: np.random.Generator) -> tuple[Occluder, ...]:
    """A thumb, or up to four adjacent fingers, from a side of the photo towards the portrait."""
    count = int(rng.choice([1, 2, 3, 4], p=[0.5, 0.15, 0.2, 0.15]))
    inwards = float(rng.uniform(0, 360))
    skin = np.asarray(_SKINS[int(rng.integers(len(_SKINS)))], np.float32) + rng.normal(0, 5, 3)
    polished = rng.random() < _POLISH_SHARE
    nail = rng.uniform(10, 235, 3) if polished else np.minimum(skin * (1.02, 0.94, 0.95) + (6, 4, 6), 250)
    width = float(rng.uniform(0.62, 1.0))
    distance = float(rng.uniform(0.55, 1.7))
    fingers = []
    for number in range(count):
        offset = (number - (count - 1) / 2) * width * float(rng.uniform(0.98, 1.1)) + float(rng.normal(0, 0.25)) / count
        reach = distance + float(rng.normal(0, 0.14))
        turn = np.radians(inwards)
        x, y = -np.cos(turn) * reach - np.sin(turn) * offset, -np.sin(turn) * reach + np.cos(turn) * offset
        points = inwards + float(rng.normal(0, 4))
        colours = _plain(np.clip(skin + rng.normal(0, 2, 3), 20, 255)), _plain(nail)
        fingers.append(
            Occluder("finger", float(x), float(y), points, width, 5.0, *colours, float(rng.uniform(1, 5)), False)
        )
    return tuple(fingers)


def _draw_other(rng: np.random.Generator) -> Occluder:
    kind = str(rng.choice(["pen", "card"], p=[0.6, 0.4]))
    inwards = float(rng.uniform(0, 360))
    distance, offset = float(rng.uniform(0.45, 1.6)), float(rng.normal(0, 0.6))
    turn = np.radians(inwards)
    x, y = -np.cos(turn) * distance - np.sin(turn) * offset, -np.sin(turn) * distance + np.cos(turn) * offset
    width = float(rng.uniform(0.25, 0.6)) if kind == "pen" else float(rng.uniform(2, 5))
    colours = _plain(rng.uniform(5, 250, 3)), _plain(rng.uniform(5, 250, 3))
    points = inwards + float(rng.normal(0, 25))
    blurred = bool(rng.random() < 0.2)
    return Occluder(kind, float(x), float(y), points, width, 6.0, *colours, float(rng.uniform(1, 6)), blurred)


def _plain(colour: npt.ArrayLike) -> tuple[float, float, float]:
    red, green, blue = (round(float(value), 1) for value in np.asarray(colour))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class LaidOccluders:
    """Rendered occluders of the photo's size: colours, alpha, and the light that their shadow leaves."""

    colour: Float32Array
    alpha: Float32Array
    shadow: Float32Array


def lay_occluders(
    occluders: tuple[Occluder, ...], photo_wh: tuple[int, int], face_xy: tuple[float, float], face_width_px: float
) -> LaidOccluders | None:
    """The occluders in a photo of that size; None if none is visible."""
    longest = max(photo_wh)
    shrink = min(1.0, float(np.clip(0.5 * longest, *_CANVAS_PX)) / longest)
    wh = (max(8, round(photo_wh[0] * shrink)), max(8, round(photo_wh[1] * shrink)))
    colour, alpha = np.zeros((wh[1], wh[0], 3), np.float32), np.zeros((wh[1], wh[0]), np.float32)
    shadow = np.ones((wh[1], wh[0]), np.float32)
    for occluder in occluders:
        part = _reached(occluder, wh, (face_xy[0] * shrink, face_xy[1] * shrink), face_width_px * shrink)
        if part is not None:
            _lay(occluder, part, (colour, alpha, shadow))
    if not alpha.any():
        return None
    colour, alpha, shadow = (pixels.resize(field, photo_wh) for field in (colour, alpha, shadow))
    return LaidOccluders(colour, alpha, shadow)


@dataclass(frozen=True, slots=True)
class _ReachedPart:
    """The part of the reduced canvas that an occluder covers, and the portrait's position in it."""

    box: tuple[int, int, int, int]
    face_xy: tuple[float, float]
    face_px: float


def _reached(
    occluder: Occluder, wh: tuple[int, int], face_xy: tuple[float, float], face_px: float
) -> _ReachedPart | None:
    """The part around an occluder with its shadow; None if it is out of sight."""
    turn = np.radians(occluder.points_deg)
    axis = np.array([np.cos(turn), np.sin(turn)])
    half = np.array([-axis[1], axis[0]]) * (occluder.width / 2)
    tip = np.array([occluder.x, occluder.y])
    ends = np.array([tip + axis * 0.2 + half, tip + axis * 0.2 - half, tip - axis * 9 + half, tip - axis * 9 - half])
    room = (0.5 if occluder.near else 0.25) * face_px
    low = np.clip(ends.min(0) * face_px + face_xy - room, 0, wh).astype(int)
    high = np.clip(ends.max(0) * face_px + face_xy + room, 0, wh).astype(int)
    if (high - low).min() < 4:
        return None
    return _ReachedPart((low[0], low[1], high[0], high[1]), (face_xy[0] - low[0], face_xy[1] - low[1]), face_px)


def _lay(occluder: Occluder, part: _ReachedPart, canvas: tuple[Float32Array, Float32Array, Float32Array]) -> None:
    turn = np.radians(occluder.points_deg)
    x_min, y_min, x_max, y_max = part.box
    wh, face_px = (x_max - x_min, y_max - y_min), part.face_px
    cos, sin, face = np.float32(np.cos(turn)), np.float32(np.sin(turn)), np.float32(face_px)
    x = (np.arange(wh[0], dtype=np.float32)[None] - np.float32(part.face_xy[0])) / face - np.float32(occluder.x)
    y = (np.arange(wh[1], dtype=np.float32)[:, None] - np.float32(part.face_xy[1])) / face - np.float32(occluder.y)
    along = np.asarray(-(x * cos + y * sin), np.float32)  # widens from the tip to the hand
    across = np.asarray((y * cos - x * sin) * np.float32(2 / occluder.width), np.float32)
    colour, alpha = _SHAPES[occluder.kind](occluder, along, across, face_px)
    alpha = pixels.blur(alpha, (0.14 if occluder.near else 0.008) * face_px)
    shade = slid(pixels.blur(alpha, 0.03 * occluder.lift * face_px), 0.07 * face_px, 0.09 * face_px)
    window = np.s_[y_min:y_max, x_min:x_max]
    shaded = pixels.modulate(canvas[0][window], np.asarray(1 - 0.4 * shade, np.float32))
    canvas[2][window] *= np.asarray(1 - 0.5 * shade, np.float32)
    covered = np.asarray(cv2.dilate(alpha, np.ones((3, 3), np.uint8)) > 0, np.float32)
    canvas[0][window] = pixels.blend(shaded, colour, covered)
    canvas[1][window] = cv2.max(canvas[1][window], alpha)


def _inside(distance: Float32Array, face_px: float, width: float) -> Float32Array:
    """A one-pixel smooth edge of a shape whose outline is at distance 1 (in half widths)."""
    return np.asarray(np.clip((1 - distance) * np.float32(face_px * width / 2) + 0.5, 0, 1), np.float32)


def _finger(
    occluder: Occluder, along: Float32Array, across: Float32Array, face_px: float
) -> tuple[Float32Array, Float32Array]:
    length = along * np.float32(2 / occluder.width)  # in half widths, 0 at the tip
    joint = np.exp(-((length - 2.9) ** 2) / 0.5)
    knuckle = np.exp(-((length - 5.4) ** 2) / 1.4)
    swell = np.float32(0.88) + 0.03 * np.clip(length, 0, 6) + 0.03 * joint + 0.06 * knuckle
    swell = swell + 0.15 * np.clip(length - 6.6, 0, 9)  # towards the palm
    outer = across / swell
    towards = np.clip(1.15 - length, 0, None) / np.float32(1.15)
    distance = (np.abs(outer) ** 2.3 + towards**2.1) ** np.float32(0.45)
    alpha = _inside(np.asarray(distance, np.float32), face_px, occluder.width)
    height = np.sqrt(np.clip(1 - distance**2, 0, 1))
    rng = np.random.default_rng(round(1e4 * abs(occluder.x)))
    mottled = pixels.smooth_field(rng, along.shape, 14)
    lines = joint * np.clip(np.sin(length * 13 + 1.5 * outer**2 + mottled) - 0.2, 0, 1)
    lines = lines + knuckle * np.clip(np.sin(length * 9 + 2.2 * outer**2 + mottled) - 0.35, 0, 1)
    value = 0.62 + 0.33 * height - 0.14 * outer - 0.13 * lines + 0.03 * mottled
    value = value + pixels.grain(rng, value.shape, 1.5, 0.03)
    flush = np.asarray(0.55 * np.clip(1.8 - length, 0, 1) + 0.5 * joint + 0.12 * mottled, np.float32)  # reddish
    rim = np.asarray(1 - height, np.float32)
    tint = (1 + 0.03 * rim + 0.02 * flush, 1 - 0.1 * rim - 0.055 * flush, 1 - 0.14 * rim - 0.05 * flush)
    skin = np.asarray(occluder.colour, np.float32)
    colour = cv2.merge([np.asarray(skin[n] * value * tint[n], np.float32) for n in range(3)])
    return _with_nail(occluder, np.asarray(colour, np.float32), (length, outer, value), face_px), alpha


def _with_nail(
    occluder: Occluder, colour: Float32Array, places: tuple[Float32Array, Float32Array, Float32Array], face_px: float
) -> Float32Array:
    """The nail with its darker fold and a pale edge; narrow when seen from the side."""
    length, outer, value = places
    side = np.float32(0.3 * np.sin(7.0 * occluder.x + 5.0 * occluder.y))  # fingers rotate about their axes
    oval = (np.abs((outer - side) / (0.5 - 0.4 * abs(side))) ** 2.6 + np.abs((length - 0.98) / 0.72) ** 2.6) ** 0.385
    fold = np.exp(-(((oval - 1.06) / 0.1) ** 2))
    colour = pixels.modulate(colour, np.asarray(1 - 0.16 * fold, np.float32))
    edge = np.clip((0.42 - length) * 6, 0, 1)
    gleam = np.exp(-(((outer - side + 0.12) / 0.16) ** 2) - ((length - 0.95) / 0.5) ** 2)
    over = pixels.scaled(pixels.three(np.asarray(value + 0.06 + 0.1 * edge + 0.1 * gleam, np.float32)), occluder.accent)
    return pixels.blend(colour, over, _inside(np.asarray(oval, np.float32), face_px, 0.5 * occluder.width))


def _pen(
    occluder: Occluder, along: Float32Array, across: Float32Array, face_px: float
) -> tuple[Float32Array, Float32Array]:
    length = along * np.float32(2 / occluder.width)
    taper = np.clip(0.35 + length * np.float32(0.16), 0.2, 1)
    distance = np.abs(across) / taper + np.clip(-length, 0, None) * 3 + np.clip(length - 24, 0, None) * 3
    alpha = _inside(np.asarray(distance, np.float32), face_px, occluder.width)
    round_value = np.sqrt(np.clip(1 - (across / taper) ** 2, 0, 1))
    gleam = np.exp(-(((across + 0.35) / 0.14) ** 2)) * 0.55
    cap = (length < 4.5).astype(np.float32)
    body = pixels.blend(pixels.filled(along.shape, occluder.colour), np.asarray(occluder.accent, np.float32), cap)
    lit = np.asarray(0.35 + 0.65 * round_value, np.float32)
    colour = cv2.add(pixels.modulate(body, lit), pixels.three(np.asarray(gleam * 200, np.float32)))
    return np.asarray(colour, np.float32), alpha


def _other_card(
    occluder: Occluder, along: Float32Array, across: Float32Array, face_px: float
) -> tuple[Float32Array, Float32Array]:
    """The corner of something flat: a card, a folder, the edge of a phone."""
    depth = np.clip(-along * np.float32(2 / occluder.width), 0, None)
    distance = np.maximum(np.abs(across), 1 - np.where(depth > 0, -depth, np.clip(along, 0, 1)))
    alpha = _inside(np.asarray(distance, np.float32), face_px, occluder.width)
    colour = pixels.filled(along.shape, occluder.colour)
    bar = ((along > 0.5) & (along < 0.9) & (np.abs(across) < 0.75)).astype(np.float32)
    return pixels.blend(colour, np.asarray(occluder.accent, np.float32), bar), alpha


_SHAPES: Final = {"finger": _finger, "pen": _pen, "card": _other_card}
