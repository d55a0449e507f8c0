"""The file chain before the service: resized with some kernel and saved in some format, once or several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.forging.retouch import KERNELS
from img_super.lab.synthesis import pixels

_STEPS: Final = (0.15, 0.5, 0.25, 0.1)
_SMALLEST_SIDE_PX: Final = 64


@dataclass(frozen=True, slots=True)
class FileStep:
    """A resize and a save; `cut_xy` pixels are cropped at the left and top to shift the block grid."""

    scale: float
    kernel: int
    sharpening: float
    cut_xy: tuple[int, int]
    format: str
    quality: int
    subsampled: bool


def draw_chain(rng: np.random.Generator, least_scale: float) -> tuple[FileStep, ...]:
    """The steps that both photos of a pair go through; in total they keep at least `least_scale` of the side."""
    steps, scale = [], 1.0
    for _ in range(int(rng.choice(len(_STEPS), p=_STEPS))):
        step = _draw_step(rng, min(1.0, max(least_scale / scale, 0.5)))
        scale *= step.scale
        steps.append(step)
    return tuple(steps)


def passed_on(image: RgbImage, steps: tuple[FileStep, ...]) -> tuple[RgbImage, Float32Array]:
    """The image after the chain, and the map [3, 3] from the original pixels to it."""
    matrix = np.eye(3)
    for step in steps:
        x, y = step.cut_xy
        image = np.ascontiguousarray(image[y:, x:])
        wh = tuple(max(_SMALLEST_SIDE_PX, round(side * step.scale)) for side in image.shape[1::-1])
        ratio = wh[0] / image.shape[1], wh[1] / image.shape[0]
        if wh != image.shape[1::-1]:
            image = np.asarray(cv2.resize(image, wh, interpolation=step.kernel), np.uint8)
        if step.sharpening:
            soft = cv2.GaussianBlur(image, (0, 0), 0.9)
            image = np.asarray(cv2.addWeighted(image, 1 + step.sharpening, soft, -step.sharpening, 0), np.uint8)
        if step.format != "png":
            image = pixels.opened(pixels.saved(image, step.quality, step.format, step.subsampled))
        moved = np.array([[ratio[0], 0, -x * ratio[0]], [0, ratio[1], -y * ratio[1]], [0, 0, 1]])
        matrix = moved @ matrix
    return image, np.asarray(matrix, np.float32)


def _draw_step(rng: np.random.Generator, least: float) -> FileStep:
    larger = rng.random() < 0.12
    scale = float(rng.uniform(1.0, 1.4)) if larger else float(rng.uniform(least, 1.0))
    kind = str(rng.choice(["jpeg", "webp", "png"], p=[0.7, 0.2, 0.1]))
    return FileStep(
        scale if rng.random() < 0.7 else 1.0,
        int(rng.choice([*KERNELS, cv2.INTER_NEAREST], p=[0.3, 0.27, 0.26, 0.15, 0.02])),
        float(rng.uniform(0.1, 0.9)) if rng.random() < 0.12 else 0.0,
        (int(rng.integers(8)), int(rng.integers(8))) if rng.random() < 0.5 else (0, 0),
        kind,
        int(np.clip(rng.normal(83, 11), 48, 98)),
        bool(rng.random() < 0.7),
    )
