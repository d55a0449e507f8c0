"""Backgrounds of ID photos: plain, gradient, curtain, mottled canvas, or the picture's own."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import slid

KINDS: Final = ("plain", "cut_out", "gradient", "vignette", "curtain", "mottled", "own", "own_blurred")

PLAIN: Final = ("plain", "cut_out", "gradient", "vignette", "mottled")
"""What offices ask for."""

_WEIGHTS: Final = (0.30, 0.06, 0.14, 0.08, 0.06, 0.08, 0.20, 0.08)
_COLOURS: Final = {
    "white": (246, 246, 245),
    "off_white": (232, 231, 226),
    "light_grey": (208, 209, 210),
    "grey": (168, 170, 173),
    "light_blue": (176, 205, 228),
    "sky": (120, 172, 214),
    "blue": (58, 98, 160),
    "cream": (236, 224, 196),
    "beige": (214, 196, 168),
    "light_green": (196, 216, 196),
    "red": (176, 36, 40),
    "dark": (70, 66, 64),
}
_COLOUR_WEIGHTS: Final = (0.22, 0.13, 0.14, 0.06, 0.13, 0.06, 0.05, 0.07, 0.03, 0.03, 0.05, 0.03)


@dataclass(frozen=True, slots=True)
class Background:
    """The look of an ID photo's background."""

    kind: str  # one of `KINDS`; `cut_out`: plain, and the person's edge is as hard as an office's software cuts it
    colour: tuple[float, float, float]  # 0 to 255; unused by `own` and `own_blurred`
    depth: float  # darkness of the far end of a gradient, fold or vignette, 0 to 1
    angle_deg: float  # direction of a gradient
    cells: int  # number of folds or clouds across
    shadow: float  # darkness of the head's shadow on the wall, 0 to 1; mostly 0
    shadow_side: float  # -1 (left) to 1 (right)

    @property
    def is_own(self) -> bool:
        """Whether the background is the picture's own, untouched."""
        return self.kind == "own"


def draw_background(rng: np.random.Generator, kinds: tuple[str, ...] = KINDS) -> Background:
    """Draw a background with the frequencies of ID photos, where plain light ones dominate."""
    weights = np.array([_WEIGHTS[KINDS.index(kind)] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    name = tuple(_COLOURS)[int(rng.choice(len(_COLOURS), p=_COLOUR_WEIGHTS))]
    red, green, blue = (float(np.clip(value + rng.normal(0, 6), 0, 255)) for value in _COLOURS[name])
    return Background(
        kind=kind,
        colour=(red, green, blue),
        depth=float(rng.uniform(0.06, 0.35)),
        angle_deg=float(rng.uniform(0, 360)),
        cells=int(rng.integers(4, 14)),
        shadow=float(rng.uniform(0.08, 0.4)) if rng.random() < 0.25 else 0.0,
        shadow_side=float(rng.uniform(-1, 1)),
    )


def paint_background(background: Background, hw: tuple[int, int], rng: np.random.Generator) -> Float32Array:
    """The background alone, float32 RGB; `own` and `own_blurred` are left to the caller, who has the picture."""
    flat = pixels.filled(hw, background.colour)
    light = _light(background, hw, rng)
    return flat if light is None else pixels.modulate(flat, light)


def with_shadow(backdrop: Float32Array, alpha: Float32Array, background: Background) -> Float32Array:
    """The background with the person's soft shadow from a flash beside the camera."""
    if background.shadow <= 0:
        return backdrop
    height, width = alpha.shape
    soft = pixels.blur(slid(alpha, 0.09 * width * background.shadow_side, 0.02 * height), 0.03 * height)
    return pixels.modulate(backdrop, np.asarray(1 - background.shadow * soft, np.float32))


def _light(background: Background, hw: tuple[int, int], rng: np.random.Generator) -> Float32Array | None:
    """The background's brightness by position; None if even."""
    if background.kind == "gradient":
        return _ramp(background, hw)
    if background.kind == "vignette":
        return _vignette(background, hw)
    if background.kind == "curtain":
        return _folds(background, hw, rng)
    if background.kind == "mottled":
        clouds = pixels.smooth_field(rng, hw, background.cells) + 0.6 * pixels.smooth_field(rng, hw, 4)
        return np.asarray(1 + 0.35 * background.depth * np.clip(clouds, -2.5, 2.5), np.float32)
    return None


def _axes(hw: tuple[int, int]) -> tuple[Float32Array, Float32Array]:
    """Columns [1, w] and rows [h, 1], each from -1 to 1."""
    return np.linspace(-1, 1, hw[1], dtype=np.float32)[None], np.linspace(-1, 1, hw[0], dtype=np.float32)[:, None]


def _ramp(background: Background, hw: tuple[int, int]) -> Float32Array:
    across, down = _axes(hw)
    angle = np.deg2rad(background.angle_deg)
    along = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down
    return np.asarray(1 - background.depth * (along / 2.83 + 0.5), np.float32)


def _vignette(background: Background, hw: tuple[int, int]) -> Float32Array:
    across, down = _axes(hw)
    return np.asarray(1.04 - 0.6 * background.depth * (across * across + down * down), np.float32)


def _folds(background: Background, hw: tuple[int, int], rng: np.random.Generator) -> Float32Array:
    """A curtain: uneven hanging folds that sway slightly."""
    across, down = _axes(hw)
    bends = 0.9 * pixels.smooth_field(rng, (1, hw[1]), max(4, background.cells // 2))
    sway = 0.25 * np.sin(2.2 * down + np.float32(rng.uniform(0, 6.3)))
    phase = np.float32(np.pi * background.cells) * across + 2 * bends + sway
    return np.asarray(1 - background.depth * (0.5 + 0.5 * np.sin(phase)) ** 1.5, np.float32)
