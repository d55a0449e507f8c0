"""The geometry of face-swap tools: a face aligned by five points, changed in a small square, which is warped back.

Source of sizes and templates: InsightFace's swapper (128 px) and the restorers that are trained on FFHQ (512 px).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.forging.canvas import Canvas
from img_super.lab.forging.eigenfaces import TEMPLATE, EigenFaces
from img_super.lab.forging.laid import SMALLEST_CLONED_PX, Laid, cloned
from img_super.lab.forging.retouch import KERNELS, recoloured, retouched
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import onto, warp
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions.placing import bent, similarity

_FFHQ: Final = np.array(
    [[192.98, 239.95], [318.9, 240.19], [256.63, 314.02], [201.26, 371.41], [313.09, 371.15]], np.float32
)
_SWAPPER_PX: Final = 128
_SWAPPER_TEMPLATE: Final = TEMPLATE + np.array([8, 0], np.float32)
_REDRAWN_SHARE: Final = 0.4
_HOST_LIGHT_SHARE: Final = 0.4
"""Neural swappers keep the host's lighting."""
_LARGEST_PX: Final = 320


Redraw = Callable[[np.random.Generator, RgbImage], RgbImage]
"""Redraws an aligned face, RGB uint8 [side, side, 3], as a network trained on faces does."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Redraws a face in one of several ways."""

    redraws: tuple[Redraw, ...]

    def __call__(self, rng: np.random.Generator, face: RgbImage) -> RgbImage:
        return self.redraws[int(rng.integers(len(self.redraws)))](rng, face)


@dataclass(frozen=True, slots=True)
class _Square:
    """Where the tool works: its side in pixels and the map [3, 3] from the photo into it."""

    side_px: int
    from_photo: Float32Array


def aligned(person: Portrait) -> RgbImage:
    """A face aligned as swappers do, RGB uint8 [128, 128, 3]."""
    return warp(person.image, similarity(person.landmarks, _SWAPPER_TEMPLATE), (_SWAPPER_PX, _SWAPPER_PX))


def tool_swap(
    rng: np.random.Generator, canvas: Canvas, donor: Portrait, faces: EigenFaces, redraw: Redraw | None = None
) -> Laid:
    """Another person's face, or a blend of both, in the host's pose."""
    square = _square(rng, canvas.base.person, restorer=rng.random() < 0.25)
    host = _taken(canvas.base.image, square)
    laid = _in_its_pose(canvas.base.person, donor, square)
    laid = _in_its_colours(rng, laid, host)
    if rng.random() < _HOST_LIGHT_SHARE:
        laid = _in_its_light(laid, host, float(rng.uniform(0.04, 0.16)) * square.side_px)
    manner = rng.random()
    if manner < 0.3:
        mixture = faces.drawn_again(host, laid, float(rng.uniform(0.4, 1)), int(rng.choice([80, 150, 300])))
        laid = _mixed(mixture, laid if rng.random() < 0.5 else host, float(rng.uniform(0.4, 1)))
    elif manner < 0.55:
        laid = _mixed(laid, host, float(rng.uniform(0.45, 0.9)))
    return _back(rng, canvas, square, _processed(rng, laid, redraw), "tool_swap")


def self_swap(rng: np.random.Generator, canvas: Canvas, faces: EigenFaces, redraw: Redraw | None = None) -> Laid:
    """The same face, processed and laid back: no other identity, only the tool's traces."""
    square = _square(rng, canvas.base.person, restorer=rng.random() < 0.5)
    laid = _taken(canvas.base.image, square)
    if rng.random() < 0.4:
        mixture = faces.drawn_again(laid, laid, 0.0, int(rng.choice([80, 150, 300])))
        laid = _mixed(mixture, laid, float(rng.uniform(0.3, 0.9)))
    if rng.random() < 0.4:
        laid = recoloured(rng, laid, 0.5)
    return _back(rng, canvas, square, _processed(rng, laid, redraw), "self_swap")


def _square(rng: np.random.Generator, person: Portrait, restorer: bool) -> _Square:
    if restorer:
        side, template = 512, _FFHQ
    else:
        side, template = _SWAPPER_PX, _SWAPPER_TEMPLATE
    worked = int(rng.choice([128, 160, 256] if not restorer else [256, _LARGEST_PX]))
    template = template * np.float32(worked / side)
    template = template + rng.normal(0, 0.006 * worked, template.shape).astype(np.float32)
    return _Square(worked, similarity(person.landmarks, template))


def _taken(image: RgbImage, square: _Square) -> RgbImage:
    return warp(image, square.from_photo, (square.side_px, square.side_px))


def _in_its_pose(host: Portrait, donor: Portrait, square: _Square) -> RgbImage:
    """The donor's face warped onto the host's points, in the square."""
    ours = np.concatenate([donor.landmarks, donor.outline])
    theirs = onto(square.from_photo, np.concatenate([host.landmarks, host.outline]))
    matrix = similarity(ours, theirs)
    picture = bent(pixels.as_float(donor.image), matrix, ours, theirs)
    return pixels.to_bytes(warp(picture, matrix, (square.side_px, square.side_px)))


def _in_its_colours(rng: np.random.Generator, laid: RgbImage, host: RgbImage) -> RgbImage:
    """Matches mean and spread of the square's centre to the host face's, in Lab."""
    if rng.random() < 0.08:
        return laid
    ours, theirs = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (laid, host))
    side = len(laid)
    middle = np.s_[side // 4 : -side // 5, side // 4 : -side // 4]
    mean, spread = (values.reshape(-1, 3) for values in (ours[middle], theirs[middle]))
    gain = np.clip(spread.std(0) / (mean.std(0) + 1), 0.2, 1.8)
    matched = (ours - mean.mean(0)) * gain + spread.mean(0)
    return np.asarray(cv2.cvtColor(np.clip(matched, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)


def _in_its_light(laid: RgbImage, host: RgbImage, sigma_px: float) -> RgbImage:
    """Coarse structure, with light and shadow, is the host's; detail finer than `sigma_px` is the donor's."""
    coarse_laid, coarse_host = (cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma_px) for image in (laid, host))
    return pixels.to_bytes(np.asarray(laid - coarse_laid + coarse_host, np.float32))


def _mixed(first: RgbImage, second: RgbImage, share: float) -> RgbImage:
    return np.asarray(cv2.addWeighted(first, share, second, 1 - share, 0), np.uint8)


def _processed(rng: np.random.Generator, laid: RgbImage, redraw: Redraw | None) -> RgbImage:
    if redraw and rng.random() < _REDRAWN_SHARE:
        laid = redraw(rng, laid)
    return retouched(rng, laid, 3) if rng.random() < 0.85 else laid


def _back(rng: np.random.Generator, canvas: Canvas, square: _Square, laid: RgbImage, species: str) -> Laid:
    """The square warped back, through its eroded and blurred mask."""
    wh = canvas.photo.shape[1], canvas.photo.shape[0]
    back = np.asarray(np.linalg.inv(square.from_photo), np.float32)
    kernel = int(rng.choice(KERNELS[1:], p=[0.7, 0.2, 0.1]))
    over = cv2.warpPerspective(laid, back.astype(np.float64), wh, flags=kernel, borderMode=cv2.BORDER_REPLICATE)
    mask = warp(_mask(rng, canvas.base.person, square), back, wh, cv2.BORDER_CONSTANT)
    if rng.random() < 0.06:
        return _cloned(canvas, np.asarray(over, np.uint8), mask, species)
    return Laid(pixels.blend(canvas.photo, pixels.as_float(np.asarray(over, np.uint8)), mask), mask, species)


def _mask(rng: np.random.Generator, person: Portrait, square: _Square) -> Float32Array:
    """The whole square or the face in it; eroded by a share of its side, with soft edges."""
    side = square.side_px
    mask = np.ones((side, side), np.float32)
    if rng.random() < 0.4:
        outline = onto(square.from_photo, person.outline)
        grown = (outline - outline.mean(0)) * float(rng.uniform(0.85, 1.1)) + outline.mean(0)
        mask = pixels.polygon((side, side), np.asarray(grown, np.float32))
    eroded = max(1, round(float(rng.choice([0.1, rng.uniform(0.02, 0.16)], p=[0.6, 0.4])) * side))
    wider = cv2.copyMakeBorder(mask, *(eroded,) * 4, cv2.BORDER_CONSTANT, value=0)
    smaller = cv2.erode(wider, np.ones((eroded, eroded), np.uint8))
    soft = cv2.GaussianBlur(smaller, (0, 0), max(0.5, float(rng.choice([0.035, rng.uniform(0.005, 0.06)])) * side))
    return np.ascontiguousarray(soft[eroded:-eroded, eroded:-eroded], np.float32)


def _cloned(canvas: Canvas, over: RgbImage, mask: Float32Array, species: str) -> Laid:
    binary = np.where(mask > 0.5, 255, 0).astype(np.uint8)
    if min(cv2.boundingRect(binary)[2:]) < SMALLEST_CLONED_PX:
        return Laid(canvas.photo, mask, species)
    return cloned(canvas, over, binary, species)
