"""A portrait made into an ID photo: framed, optionally with another background."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import onto, warp
from img_super.lab.synthesis.portraits.backgrounds import Background, paint_background, with_shadow
from img_super.lab.synthesis.portraits.framing import free_window, to_frame_matrix
from img_super.lab.synthesis.portraits.portrait import Portrait

_RIM_SHARE: Final = 0.3
_RIM_LEVELS: Final = (12.0, 128.0, 250.0)


@dataclass(frozen=True, slots=True)
class Framed:
    """An ID photo."""

    image: Float32Array  # float32 RGB, 0 to 255
    matte: Float32Array  # float32 height x width, 0 to 1
    to_frame: Float32Array  # [3, 3], from the portrait's pixels to this image's
    landmarks: Float32Array  # float32 [5, 2] in this image
    outline: Float32Array  # float32 [36, 2] in this image


def framed(
    portrait: Portrait, aspect: float, rng: np.random.Generator, background: Background, height_px: int | None = None
) -> Framed:
    """The ID photo of `aspect` (width / height), as high as the shown part of the portrait unless `height_px` is given.

    The shoulders reach the frame's bottom; beyond the picture, the background continues.
    """
    window = free_window(portrait, aspect, rng)
    height = max(16, height_px or round(window[3] - window[1]))
    wh = max(16, round(aspect * height)), height
    to_frame = to_frame_matrix(window, wh)
    image = pixels.as_float(warp(portrait.image, to_frame, wh))
    matte = np.asarray(warp(portrait.matte, to_frame, wh) * np.float32(1 / 255), np.float32)
    picture = _with_background(image, matte, _inside_picture(portrait, to_frame, wh), background, rng)
    return Framed(picture, matte, to_frame, onto(to_frame, portrait.landmarks), onto(to_frame, portrait.outline))


def pure_foreground(image: Float32Array, matte: Float32Array, backdrop: Float32Array) -> Float32Array:
    """The foreground colours where hair and background mix, so that no halo of the old background remains.

    Source: M. Forte, "Approximate Fast Foreground Colour Estimation", 2021 (blur fusion, one pass). `image`: the
    picture with its old background; `matte`: 0 to 1; `backdrop`: the old background as far as known, smooth.
    """
    side = max(3, round(0.08 * image.shape[0])) | 1
    trust = np.asarray(cv2.multiply(matte, matte), np.float32)  # pixels that are nearly all person are more reliable
    weight = cv2.boxFilter(trust, -1, (side, side))
    weighted = cv2.boxFilter(pixels.modulate(image, trust), -1, (side, side))
    local = pixels.modulate(np.asarray(weighted, np.float32), np.asarray(1 / (weight + 1e-3), np.float32))
    residual = cv2.subtract(image, pixels.blend(backdrop, local, matte))
    return np.asarray(cv2.add(local, pixels.modulate(np.asarray(residual, np.float32), matte)), np.float32)


def filled_background(image: Float32Array, matte: Float32Array) -> Float32Array:
    """The picture's background without the person: a coarse blur of its visible part, extended everywhere."""
    shrink = 8
    wh = max(4, image.shape[1] // shrink), max(4, image.shape[0] // shrink)
    cells = np.s_[: shrink * wh[1], : shrink * wh[0]]  # OpenCV downscales much faster by an integer
    hidden = np.asarray(cv2.resize(matte[cells], wh, interpolation=cv2.INTER_AREA), np.float32)
    visible = np.asarray(np.clip(1 - 10 * hidden, 0, 1), np.float32)  # ignore cells with a trace of the person
    small = pixels.modulate(np.asarray(cv2.resize(image[cells], wh, interpolation=cv2.INTER_AREA), np.float32), visible)
    faint = np.float32(1e-4)
    total = pixels.filled(visible.shape, faint * (small.mean(axis=(0, 1)) + faint))
    share = np.full_like(visible, faint * (visible.mean() + faint))
    for sigma, weight in ((1.5, 1.0), (5.0, 0.05), (15.0, 0.002)):  # near colours dominate, far ones fill
        total += weight * cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        share += weight * cv2.GaussianBlur(visible, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    coarse = pixels.modulate(np.asarray(total, np.float32), np.asarray(1 / share, np.float32))
    return np.asarray(cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _with_background(
    image: Float32Array, matte: Float32Array, inside: Float32Array, background: Background, rng: np.random.Generator
) -> Float32Array:
    if background.is_own and inside.min() > 0.5:
        return image
    own_background = filled_background(image, np.asarray(cv2.max(matte, 1 - inside), np.float32))
    if background.is_own:
        return pixels.blend(own_background, image, np.asarray(cv2.max(matte, inside), np.float32))
    backdrop = own_background if background.kind == "own_blurred" else paint_background(background, matte.shape, rng)
    backdrop = with_shadow(backdrop, matte, background)
    grain = pixels.noise(rng, matte.shape, rng.uniform(0.3, 2.0), 0.7, 0.3)
    backdrop = np.asarray(cv2.add(backdrop, grain), np.float32)
    person = pure_foreground(image, matte, own_background)
    return (
        _cut_out(backdrop, person, matte, rng)
        if background.kind == "cut_out"
        else pixels.blend(backdrop, person, matte)
    )


def _cut_out(behind: Float32Array, person: Float32Array, matte: Float32Array, rng: np.random.Generator) -> Float32Array:
    """The person with a hard, stair-stepped edge as from an enlarged small picture; sometimes with a rim.

    Genuine documents have such portraits, cut out before printing.
    """
    height, width = matte.shape
    step_px = int(rng.integers(1, 1 + max(2, height // 90)))
    wh = max(4, width // step_px), max(4, height // step_px)
    small = cv2.resize(matte, wh, interpolation=cv2.INTER_AREA)
    inside = np.asarray(small > rng.uniform(0.25, 0.75), np.float32)
    hard = np.asarray(cv2.resize(inside, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
    if rng.random() < _RIM_SHARE:
        side = 1 + 2 * int(rng.integers(1, 1 + max(2, height // 60)))
        rim = np.asarray(cv2.dilate(hard, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.float32)
        behind = pixels.blend(behind, pixels.filled(matte.shape, (float(rng.choice(_RIM_LEVELS)),) * 3), rim)
    return pixels.blend(behind, person, hard)


def _inside_picture(portrait: Portrait, to_frame: Float32Array, wh: tuple[int, int]) -> Float32Array:
    """1 inside the picture, 0 outside, with a short transition."""
    width, height = portrait.wh
    (x_min, y_min), (x_max, _) = onto(to_frame, np.array([[0, 0], [width, height]], np.float32))
    fade = 0.02 * wh[1]
    columns, rows = np.arange(wh[0], dtype=np.float32), np.arange(wh[1], dtype=np.float32)
    across = np.ones_like(columns)
    across = np.where(x_min > 0.5, np.minimum(across, (columns - x_min) / fade), across)
    across = np.where(x_max < wh[0] - 0.5, np.minimum(across, (x_max - columns) / fade), across)
    down = np.where(y_min > 0.5, np.minimum(1, (rows - y_min) / fade), 1)
    return np.asarray(np.outer(np.clip(down, 0, 1), np.clip(across, 0, 1)), np.float32)
