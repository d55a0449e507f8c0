"""Security printing's fine lines: rosettes, hypotrochoids, waves, nets, drawn anti-aliased with subpixel precision.

The curves are those of geometric lathes: hypotrochoids and modulated circles.
"""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, UInt8Array

Curves = list[Float32Array]

_SHIFT: Final = 4


def draw_curves(canvas: UInt8Array, curves: Curves, colours: Sequence[Sequence[float]], thickness: int = 1) -> None:
    """Draw curves [n, 2] in place; their colours follow `colours` from the first curve to the last."""
    stops = np.linspace(0, 1, len(colours))
    ramp = np.asarray(colours, np.float64)
    for index, curve in enumerate(curves):
        share = index / max(1, len(curves) - 1)
        colour = tuple(float(np.interp(share, stops, ramp[:, channel])) for channel in range(ramp.shape[1]))
        points = np.round(curve * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(canvas, [points], False, colour, thickness, cv2.LINE_AA, _SHIFT)


def draw_pattern(rng: np.random.Generator, kind: str, hw: tuple[int, int]) -> Curves:
    """The curves of a pattern of a named kind over an image."""
    return PATTERNS[kind](rng, hw)


def rosette(centre: tuple[float, float], size_px: float, rng: np.random.Generator) -> Curves:
    """Concentric modulated circles."""
    turns = np.linspace(0, 2 * np.pi, 220, dtype=np.float32)
    petals, depth = int(rng.integers(3, 17)), rng.uniform(0.06, 0.4)
    twist, count = rng.uniform(-0.6, 0.6), int(rng.integers(5, 16))
    ripple = rng.uniform(0, 0.08), int(rng.integers(20, 50))
    curves = []
    for index in range(count):
        radius = size_px * (0.2 + 0.8 * index / count) * (1 + depth * np.cos(petals * turns + index * twist))
        radius = radius * (1 + ripple[0] * np.cos(ripple[1] * turns))
        curves.append(_around(centre, radius, turns))
    return curves


def hypotrochoid(centre: tuple[float, float], size_px: float, rng: np.random.Generator) -> Curves:
    """The curve of a point in a wheel that rolls inside a ring."""
    ring, wheel = int(rng.integers(17, 60)), int(rng.integers(5, 16))
    turns = np.linspace(0, 2 * np.pi * wheel / np.gcd(ring, wheel), 110 * wheel // np.gcd(ring, wheel) + 2)
    reach = wheel * rng.uniform(0.5, 1.8)
    x = (ring - wheel) * np.cos(turns) + reach * np.cos((ring - wheel) / wheel * turns)
    y = (ring - wheel) * np.sin(turns) - reach * np.sin((ring - wheel) / wheel * turns)
    points = np.stack([x, y], -1) * (size_px / (ring - wheel + reach)) + np.asarray(centre)
    return [points.astype(np.float32)]


def _around(centre: tuple[float, float], radius: Float32Array, turns: Float32Array) -> Float32Array:
    return np.stack([centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns)], -1).astype(np.float32)


def _waves(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    height, width = hw
    gap = max(3.0, width * rng.uniform(0.005, 0.02))
    x = np.linspace(-4, width + 4, 90, dtype=np.float32)
    amplitude, length = rng.uniform(0.004, 0.09) * height, rng.uniform(0.06, 0.9) * width
    slope, drift, phase = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3), rng.uniform(0, 6.3)
    swell = rng.uniform(0.2, 1.2) * width
    reach = abs(slope) * width + amplitude
    curves = []
    for index, start in enumerate(np.arange(-reach, height + reach, gap)):
        wave = np.sin(x / length * 6.28 + phase + drift * index) * (0.6 + 0.4 * np.sin(x / swell * 6.28))
        curves.append(np.stack([x, start + slope * x + amplitude * wave], -1).astype(np.float32))
    return curves


def _net(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    height, width = hw
    gap = max(5.0, width * rng.uniform(0.01, 0.028))
    amplitude, length = gap * rng.uniform(0.3, 0.9), gap * rng.uniform(2, 8)
    x = np.arange(0, width + gap, length / 6, dtype=np.float32)
    y = np.arange(0, height + gap, length / 6, dtype=np.float32)
    curves = []
    for index, start in enumerate(np.arange(0, height, gap)):
        curves.append(np.stack([x, start + amplitude * np.sin(x / length * 6.28 + np.pi * index)], -1))
    if rng.random() < 0.5:
        for index, start in enumerate(np.arange(0, width, gap)):
            curves.append(np.stack([start + amplitude * np.sin(y / length * 6.28 + np.pi * index), y], -1))
    return [curve.astype(np.float32) for curve in curves]


def _rays(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    height, width = hw
    centre = rng.uniform(-0.1, 1.1, 2) * (width, height)
    along = np.linspace(0.02, 1.2, 40, dtype=np.float32) * width
    swing, length = rng.uniform(0, 0.06), rng.uniform(0.05, 0.3) * width
    curves = []
    for angle in np.linspace(0, 2 * np.pi, int(rng.integers(60, 150))):
        bent = angle + swing * np.sin(along / length)
        curves.append(np.stack([centre[0] + along * np.cos(bent), centre[1] + along * np.sin(bent)], -1))
    return [curve.astype(np.float32) for curve in curves]


def _rosettes(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    curves: Curves = []
    for _ in range(int(rng.integers(1, 5))):
        centre = (float(rng.uniform(0, hw[1])), float(rng.uniform(0, hw[0])))
        draw = rosette if rng.random() < 0.6 else hypotrochoid
        curves += draw(centre, float(rng.uniform(0.12, 0.6) * hw[0]), rng)
    return curves


def _bands(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    """A guilloche band: envelopes filled with shifted copies of one wave, along the card."""
    height, width = hw
    x = np.linspace(0, width, 150, dtype=np.float32)
    middle, high = rng.uniform(0.1, 0.9) * height, rng.uniform(0.05, 0.22) * height
    long, short = rng.uniform(0.3, 1.2) * width, rng.uniform(0.05, 0.25) * width
    envelope = high * (0.6 + 0.4 * np.cos(x / long * 6.28))
    return [
        np.stack([x, middle + envelope * np.sin(x / short * 6.28 + phase)], -1).astype(np.float32)
        for phase in np.linspace(0, 2 * np.pi, int(rng.integers(8, 22)), endpoint=False)
    ]


def _contours(rng: np.random.Generator, hw: tuple[int, int]) -> Curves:
    height, width = hw
    x = np.linspace(-4, width + 4, 80, dtype=np.float32)
    hills = rng.uniform(0, 1, (4, 2)) * (width, height)
    size, lift = rng.uniform(0.08, 0.25) * width, rng.uniform(-0.12, 0.12, 4) * height
    gap = max(3.0, height * rng.uniform(0.009, 0.025))
    curves = []
    for start in np.arange(-0.1 * height, 1.1 * height, gap):
        y = np.full_like(x, start)
        for hill, rise in zip(hills, lift, strict=True):
            y += rise * np.exp(-((x - hill[0]) ** 2 + (start - hill[1]) ** 2) / (2 * size**2))
        curves.append(np.stack([x, y], -1).astype(np.float32))
    return curves


PATTERNS: Final[dict[str, Callable[[np.random.Generator, tuple[int, int]], Curves]]] = {
    "waves": _waves,
    "net": _net,
    "rays": _rays,
    "rosettes": _rosettes,
    "bands": _bands,
    "contours": _contours,
}
