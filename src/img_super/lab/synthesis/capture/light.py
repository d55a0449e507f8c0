"""Light: coloured lamps, shadows, and reflections on glossy surfaces.

All values are linear light: the scene's values are squared first (gamma 2, close to sRGB).
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.view import View

_COARSE: Final = 8
"""Soft light is computed at this step of pixels."""

_TRUE_LIFT: Final = 3.0
"""How much higher a bent card rises than the view, which looks nearly straight down on it, moves what is seen."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp. Positions are in face widths from the portrait's centre."""

    colour: tuple[float, float, float]  # linear, by channel, about 1
    # x, y, height: its position; far lamps light evenly
    x: float
    y: float
    height: float
    power: float  # share of the total light


@dataclass(frozen=True, slots=True)
class Shade:
    """Something that blocks the first lamp's light."""

    kind: str  # `none`, `edge` (a body or a phone), `phone`, `hand`, `blinds`, `leaves`
    depth: float  # share of that lamp's light taken
    soft: float  # softness in face widths
    # x, y, deg, size: where it falls
    x: float
    y: float
    deg: float
    size: float


@dataclass(frozen=True, slots=True)
class Glare:
    """A reflected light, multiplied by the surface's gloss."""

    kind: str  # `none`, `lamp`, `tube`, `window`, `broad`
    strength: float  # linear, 1 is white
    x: float
    y: float
    deg: float
    size: float
    soft: float
    hologram: float  # strength of coloured flashes; `hologram_bands` of them in a face width
    hologram_bands: float
    hologram_deg: float


@dataclass(frozen=True, slots=True)
class Light:
    """All light on the scene.

    `mood`: how the colours were drawn: `neutral`, `warm`, `cool`, `coloured`, `two`; `unevenness`: strength of slow
    changes over the photo, `cells` bumps across.
    """

    mood: str
    lamps: tuple[Lamp, ...]
    shade: Shade
    glare: Glare
    unevenness: float
    cells: int


_MOODS: Final = {"neutral": 0.55, "warm": 0.17, "cool": 0.11, "coloured": 0.1, "two": 0.07}
_SHADES: Final = {"none": 0.7, "edge": 0.12, "phone": 0.05, "hand": 0.05, "blinds": 0.05, "leaves": 0.03}


def draw_light(rng: np.random.Generator) -> Light:
    """Draw all light on the scene."""
    mood = str(rng.choice(list(_MOODS), p=list(_MOODS.values())))
    count = 2 if mood == "two" else int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
    lamps = tuple(_draw_lamp(rng, mood) for _ in range(count))
    return Light(mood, lamps, _draw_shade(rng), _draw_glare(rng), float(rng.uniform(0, 0.12)), int(rng.integers(2, 5)))


def _draw_lamp(rng: np.random.Generator, mood: str) -> Lamp:
    colour = np.exp(rng.normal(0, 0.07, 3))
    warmth = float(rng.triangular(0.05, 0.12, 0.6))
    strong = rng.dirichlet((0.9, 0.9, 0.9)) * 3
    if mood in ("warm", "cool"):
        colour *= np.exp(np.array([1, 0.15, -1]) * (warmth if mood == "warm" else -0.7 * warmth))
    elif mood in ("coloured", "two"):
        colour *= np.clip(strong, 0.12, 2.4) ** float(rng.uniform(0.15, 0.85))
    x, y = rng.normal(0, 5, 2)
    height = float(np.exp(rng.uniform(np.log(2.5), np.log(40))))
    red, green, blue = (float(value) for value in colour)
    return Lamp((red, green, blue), float(x), float(y), height, float(rng.uniform(0.3, 1.0)))


def _draw_shade(rng: np.random.Generator) -> Shade:
    kind = str(rng.choice(list(_SHADES), p=list(_SHADES.values())))
    soft = float(np.exp(rng.uniform(np.log(0.01), np.log(0.7))))
    x, y = rng.normal(0, 1.0, 2)
    return Shade(
        kind,
        float(rng.uniform(0.25, 0.92)),
        soft,
        float(x),
        float(y),
        float(rng.uniform(0, 360)),
        float(rng.uniform(0.4, 2)),
    )


def _draw_glare(rng: np.random.Generator) -> Glare:
    kind = str(rng.choice(["none", "lamp", "tube", "window", "broad"], p=[0.62, 0.13, 0.06, 0.08, 0.11]))
    x, y = rng.normal(0, 0.9, 2)
    return Glare(
        kind=kind,
        strength=float(np.exp(rng.uniform(np.log(0.15), np.log(2.5)))),
        x=float(x),
        y=float(y),
        deg=float(rng.uniform(0, 360)),
        size=float(np.exp(rng.uniform(np.log(0.12), np.log(1.1)))),
        soft=float(np.exp(rng.uniform(np.log(0.02), np.log(0.5)))),
        hologram=float(rng.uniform(0.08, 0.7)) * bool(rng.random() < 0.06),
        hologram_bands=float(np.exp(rng.uniform(np.log(0.3), np.log(5)))),
        hologram_deg=float(rng.uniform(0, 360)),
    )


@dataclass(frozen=True, slots=True)
class Falling:
    """Linear light per channel on a view: diffuse, and reflected by gloss (None: no reflections)."""

    diffuse: Float32Array
    shine: Float32Array | None


def falling(view: View, light: Light, rng: np.random.Generator) -> Falling:
    """The light on every pixel of the view."""
    field = rng.standard_normal((light.cells, light.cells)).astype(np.float32)
    diffuse, shine = _diffuse(view, light, field), shine_of(view, light.glare)
    large = cv2.resize(diffuse, view.wh, interpolation=cv2.INTER_LINEAR)
    return Falling(np.asarray(large, np.float32), None if shine is None else pixels.resize(shine, view.wh))


def on_bent(falling: Falling, view: View, light: Light, inside: Float32Array | None) -> Falling:
    """The light on a bent card (`inside`, 0 to 1; None: everywhere), which turns towards the lamps or away."""
    if not view.bends:
        return falling
    x, y, _ = _grid(view, _COARSE)
    turn, power = np.radians(view.curl_deg), sum(lamp.power for lamp in light.lamps)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    along = x * cos + y * sin
    slope = 2 * view.curl * along - 2.4 * view.ripple * np.sin(2.4 * along)  # of what `view` lifts
    aslant = sum(lamp.power / power * (lamp.x * cos + lamp.y * sin) / lamp.height for lamp in light.lamps)
    change = np.clip(_TRUE_LIFT * slope * np.clip(aslant, -1.2, 1.2), -0.35, 0.35)
    relief = pixels.resize(np.asarray(change, np.float32), view.wh)
    relief = relief if inside is None else np.asarray(cv2.multiply(relief, inside), np.float32)
    return replace(falling, diffuse=pixels.modulate(falling.diffuse, 1 + relief))


def lit(scene: Float32Array, gloss: Float32Array | None, light: Falling) -> Float32Array:
    """The scene's linear values (0 to 1) under the light."""
    lit_scene = cv2.multiply(scene, light.diffuse)
    if light.shine is not None and gloss is not None:
        lit_scene = cv2.add(lit_scene, pixels.modulate(light.shine, gloss))
    return np.asarray(lit_scene, np.float32)


def _grid(view: View, step: float) -> tuple[Float32Array, Float32Array, tuple[int, int]]:
    """Positions on a reduced canvas in face widths from the portrait's centre."""
    wh = (max(12, round(view.wh[0] / step)), max(12, round(view.wh[1] / step)))
    x = (np.arange(wh[0], dtype=np.float32) + 0.5) * np.float32(view.wh[0] / wh[0])
    y = (np.arange(wh[1], dtype=np.float32) + 0.5) * np.float32(view.wh[1] / wh[1])
    face = np.float32(view.face_width_px)
    wide = ((x - np.float32(view.face_x_px)) / face)[None] + np.zeros((wh[1], 1), np.float32)
    high = ((y - np.float32(view.face_y_px)) / face)[:, None] + np.zeros((1, wh[0]), np.float32)
    return np.asarray(wide, np.float32), np.asarray(high, np.float32), wh


def _diffuse(view: View, light: Light, field: Float32Array) -> Float32Array:
    """The light per channel on a reduced canvas; the shade affects the first lamp only."""
    step = _COARSE if light.shade.kind == "none" else 2
    x, y, wh = _grid(view, step)
    uneven = 1 + np.float32(light.unevenness) * cv2.resize(field, wh, interpolation=cv2.INTER_CUBIC)
    total = np.zeros((wh[1], wh[0], 3), np.float32)
    all_power = sum(lamp.power for lamp in light.lamps)
    for number, lamp in enumerate(light.lamps):
        part = _lamp_field(lamp, x, y) * uneven * np.float32(lamp.power / all_power)
        if number == 0 and light.shade.kind != "none":
            part = part * (1 - np.float32(light.shade.depth) * _shade_field(light.shade, view, x, y, wh))
        total += pixels.scaled(pixels.three(np.asarray(np.clip(part, 0, None), np.float32)), lamp.colour)
    return np.asarray(total, np.float32)


def _lamp_field(lamp: Lamp, x: Float32Array, y: Float32Array) -> Float32Array:
    """Light of a lamp over a plane, 1 at the portrait: distance squared and Lambert's cosine."""
    squared = (x - np.float32(lamp.x)) ** 2 + (y - np.float32(lamp.y)) ** 2 + np.float32(lamp.height**2)
    nearest = lamp.x**2 + lamp.y**2 + lamp.height**2
    return np.asarray(np.clip((np.float32(nearest) / squared) ** 1.5, 0.15, 3.0), np.float32)


def _shade_field(shade: Shade, view: View, x: Float32Array, y: Float32Array, wh: tuple[int, int]) -> Float32Array:
    turn = np.radians(shade.deg)
    along = (x - np.float32(shade.x)) * np.float32(np.cos(turn)) + (y - np.float32(shade.y)) * np.float32(np.sin(turn))
    if shade.kind == "edge":
        return np.asarray(np.clip(along / np.float32(2 * shade.soft) + 0.5, 0, 1), np.float32)
    if shade.kind == "blinds":
        wave = np.sin(along * np.float32(2 * np.pi / max(shade.size, 0.5)))
        return np.asarray(np.clip(wave * np.float32(0.25 / shade.soft) + 0.5, 0, 1), np.float32)
    across = (y - np.float32(shade.y)) * np.float32(np.cos(turn)) - (x - np.float32(shade.x)) * np.float32(np.sin(turn))
    face_px = view.face_width_px * wh[0] / view.wh[0]
    shadow = _SHADOW_SHAPES[shade.kind](along, across, shade)
    return pixels.blur(np.asarray(shadow, np.float32), max(0.6, 0.6 * shade.soft * face_px))


def _phone_shadow(along: Float32Array, across: Float32Array, shade: Shade) -> Float32Array:
    half = np.float32(1.3 + shade.size)
    return np.asarray((np.abs(across) < half) & (along > 0) & (along < 4 * half), np.float32)


def _hand_shadow(along: Float32Array, across: Float32Array, shade: Shade) -> Float32Array:
    """A palm with fingers, as bumps of a polar curve would draw them."""
    finger = 0.45 * shade.size * np.abs(np.sin(across * np.float32(3.4 / shade.size)))
    reach = finger - 0.35 * across**2 / np.float32(shade.size)
    return np.asarray(along > -reach, np.float32)


def _leaf_shadow(along: Float32Array, across: Float32Array, shade: Shade) -> Float32Array:
    f = np.float32(3.1 / shade.size)
    waves = np.sin(along * f + 1.7 * np.sin(across * f * 0.7)) + np.sin(
        across * f * 1.31 + 1.3 * np.sin(along * f * 0.9)
    )
    return np.asarray(waves > 0.25, np.float32)


_SHADOW_SHAPES: Final = {"phone": _phone_shadow, "hand": _hand_shadow, "leaves": _leaf_shadow}


def shine_of(view: View, glare: Glare) -> Float32Array | None:
    """Reflections and hologram flashes on a reduced canvas, three channels; None if there are none."""
    if glare.kind == "none" and glare.hologram == 0:
        return None
    x, y, wh = _grid(view, 4)
    face_px = view.face_width_px * wh[0] / view.wh[0]
    spot = np.zeros(x.shape, np.float32) if glare.kind == "none" else _spot(glare, x, y, wh, face_px)
    shine = pixels.three(np.asarray(spot * np.float32(glare.strength), np.float32))
    if glare.hologram:
        shine = shine + _flashes(glare, x, y)
    return np.asarray(shine, np.float32)


def _spot(glare: Glare, x: Float32Array, y: Float32Array, wh: tuple[int, int], face_px: float) -> Float32Array:
    turn = np.radians(glare.deg)
    u = (x - np.float32(glare.x)) * np.float32(np.cos(turn)) + (y - np.float32(glare.y)) * np.float32(np.sin(turn))
    v = (y - np.float32(glare.y)) * np.float32(np.cos(turn)) - (x - np.float32(glare.x)) * np.float32(np.sin(turn))
    size = np.float32(glare.size)
    if glare.kind == "broad":
        return np.asarray(0.35 * np.exp(-(u**2) / (4 * size**2) - v**2 / (9 * size**2)), np.float32)
    if glare.kind == "window":
        quad = np.array([[-1, -1.4], [1, -1.4], [1, 1.4], [-1, 1.4]]) * glare.size * 0.7
        turned = quad @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        origin = np.array([-x[0, 0], -y[0, 0]]) + np.array([glare.x, glare.y])
        pane = pixels.polygon(wh[::-1], np.asarray((turned + origin) * face_px, np.float32))
        bars = (np.abs(u) > 0.05 * size) & (np.abs(v) > 0.05 * size)
        return pixels.blur(np.asarray(pane * bars, np.float32), max(0.8, 0.5 * glare.soft * face_px))
    long = 6.0 if glare.kind == "tube" else 1.4
    distance = np.sqrt((u / long) ** 2 + v**2) / (size * np.float32(0.55))
    core = np.clip((1 - distance) / np.float32(glare.soft + 0.3) + 0.5, 0, 1)
    core = core * core * (3 - 2 * core)  # no lamp has a hard edge
    return np.asarray(core + 0.25 * np.exp(-(distance**2) / 4), np.float32)


def _flashes(glare: Glare, x: Float32Array, y: Float32Array) -> Float32Array:
    """The colours of a diffraction grating: hue and strength vary with position."""
    turn = np.radians(glare.hologram_deg)
    along = (x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))) * np.float32(glare.hologram_bands)
    across = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))
    bent = along + np.float32(0.4) * np.sin(across * np.float32(2.3) + np.float32(glare.hologram_deg))
    gleam = np.clip(np.sin(bent * 2.6 + across) * 0.9 + 0.1, 0, 1) * np.exp(
        -(((x - glare.x) ** 2 + (y - glare.y) ** 2) / (0.15 + glare.size**2))
    )
    hues = [np.clip(0.5 + 0.62 * np.sin(bent * 6.28 + shift), 0, 1) for shift in (0.0, 2.09, 4.19)]
    strength = np.float32(glare.hologram)
    return np.asarray(cv2.merge([np.asarray(hue * gleam * strength, np.float32) for hue in hues]), np.float32)
