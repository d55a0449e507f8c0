"""What tools do to a face or a whole image: resampling, smoothing, sharpening, saving; drawn at random.

The same retouches are done to whole genuine photos, so that having been retouched tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage
from img_super.lab.synthesis import pixels

Random = np.random.Generator

KERNELS: Final = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def retouched(rng: Random, image: RgbImage, most: int = 3) -> RgbImage:
    """One to `most` retouches in sequence; RGB uint8, same size."""
    for number in rng.permutation(len(_RETOUCHES))[: int(rng.integers(1, most + 1))]:
        image = _RETOUCHES[int(number)](rng, image)
    return image


def resampled(rng: Random, image: RgbImage, scale: float) -> RgbImage:
    """Resized by `scale` and back, each with its own kernel."""
    wh = image.shape[1], image.shape[0]
    small = max(8, round(wh[0] * scale)), max(8, round(wh[1] * scale))
    down = cv2.resize(image, small, interpolation=int(rng.choice(KERNELS)))
    return np.asarray(cv2.resize(down, wh, interpolation=int(rng.choice(KERNELS[1:]))), np.uint8)


def _coarser(rng: Random, image: RgbImage) -> RgbImage:
    return resampled(rng, image, float(rng.uniform(0.35, 0.95)))


def _smoothed(rng: Random, image: RgbImage) -> RgbImage:
    """Skin without pores, as beauty filters and restorers leave it."""
    diameter, colour = int(rng.choice([5, 7])), float(rng.uniform(8, 40))
    smooth = cv2.bilateralFilter(image, diameter, colour, float(rng.uniform(2, 6)))
    return np.asarray(cv2.addWeighted(smooth, share := float(rng.uniform(0.5, 1)), image, 1 - share, 0), np.uint8)


def _median(rng: Random, image: RgbImage) -> RgbImage:
    return np.asarray(cv2.medianBlur(image, int(rng.choice([3, 5], p=[0.8, 0.2]))), np.uint8)


def _blurred(rng: Random, image: RgbImage) -> RgbImage:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6))), np.uint8)


def _sharpened(rng: Random, image: RgbImage) -> RgbImage:
    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.6, 2.0)))
    amount = float(rng.uniform(0.3, 1.6))
    return np.asarray(cv2.addWeighted(image, 1 + amount, soft, -amount, 0), np.uint8)


def _enhanced(rng: Random, image: RgbImage) -> RgbImage:
    """Local contrast raised as super-resolution does: crisp edges, flat areas unchanged."""
    small = resampled(rng, image, float(rng.uniform(0.4, 0.8)))
    smooth = cv2.bilateralFilter(small, 5, 20, 3)
    soft = cv2.GaussianBlur(smooth, (0, 0), 1.5)
    return np.asarray(cv2.addWeighted(smooth, 2.0, soft, -1.0, 0), np.uint8)


def _noisy(rng: Random, image: RgbImage) -> RgbImage:
    strength, grain_px, colour = (float(rng.uniform(*limits)) for limits in ((1.5, 7), (0.4, 1.2), (0, 1)))
    grain = pixels.noise(rng, image.shape, strength, grain_px, colour)
    return pixels.to_bytes(np.asarray(pixels.as_float(image) + grain, np.float32))


def _saved(rng: Random, image: RgbImage) -> RgbImage:
    kind = "webp" if rng.random() < 0.3 else "jpeg"
    return pixels.opened(pixels.saved(image, int(rng.integers(35, 92)), kind))


_RETOUCHES: Final[tuple[Callable[[Random, RgbImage], RgbImage], ...]] = (
    _coarser, _smoothed, _median, _blurred, _sharpened, _enhanced, _noisy, _saved,
)  # fmt: skip


def recoloured(rng: Random, image: RgbImage, strength: float = 1.0) -> RgbImage:
    """Another light: gains, contrast, brightness, gamma."""
    gains = np.exp(rng.normal(0, 0.08 * strength, 3))
    contrast, level = float(np.exp(rng.normal(0, 0.15 * strength))), float(rng.normal(0, 12 * strength))
    linear = ((np.arange(256)[:, None] * gains - 128) * contrast + 128 + level).clip(0, 255) / 255
    curve = 255 * linear ** float(np.exp(rng.normal(0, 0.15 * strength)))
    return np.asarray(cv2.LUT(image, np.round(curve).clip(0, 255).astype(np.uint8)[:, None, :]), np.uint8)
