"""Blends a donor with its background: by alpha, by gradients, by frequency bands."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, UInt8Array
from img_super.lab.synthesis import pixels

_SOLVED_PX: Final = 120
_LEVELS: Final = 4
_SPREAD: Final = 0.03
"""How far coarse bands reach beyond the outline: sigma, in sizes of what is worked on."""

_SMALLEST_PX: Final = 12


def blended(
    base: Float32Array, patch: Float32Array, alpha: Float32Array, kind: str
) -> tuple[Float32Array, Float32Array]:
    """The blended picture and the alpha of what is actually covered."""
    if kind.startswith("poisson"):
        return _poisson(base, patch, alpha, kind == "poisson_mixed")
    if kind == "multiband":
        return _multiband(base, patch, alpha), alpha
    return pixels.blend(base, patch, alpha), alpha


def _poisson(
    base: Float32Array, patch: Float32Array, alpha: Float32Array, mixed: bool
) -> tuple[Float32Array, Float32Array]:
    """Gradients of the donor (or the stronger of both) with the colours of the surroundings at the border.

    Source: P. Perez et al., "Poisson Image Editing", 2003.
    """
    mask = np.where(alpha > 0.5, 255, 0).astype(np.uint8)
    mask[[0, 1, -1, -2]] = 0
    mask[:, [0, 1, -1, -2]] = 0
    x, y, width, height = cv2.boundingRect(mask)
    if min(width, height) < _SMALLEST_PX:
        return pixels.blend(base, patch, alpha), alpha
    box = np.s_[max(0, y - 3) : y + height + 3, max(0, x - 3) : x + width + 3]
    part = _solved(base[box], patch[box], mask[box]) if not mixed else _cloned(base[box], patch[box], mask[box], True)
    out = base.copy()
    covered = np.asarray(mask, np.float32) / np.float32(255)
    soft = cv2.GaussianBlur(covered[box], (0, 0), 0.6)
    out[box] = pixels.blend(base[box], part, np.asarray(soft, np.float32))
    covered[box] = soft
    return out, covered


def _solved(base: Float32Array, patch: Float32Array, mask: UInt8Array) -> Float32Array:
    """The donor plus a correction that meets the border: smooth, so it is solved on a reduced picture."""
    shrink = min(1.0, _SOLVED_PX / max(mask.shape))
    wh = max(_SMALLEST_PX, round(mask.shape[1] * shrink)), max(_SMALLEST_PX, round(mask.shape[0] * shrink))
    small = [np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_AREA), np.float32) for image in (base, patch)]
    hole = np.asarray(cv2.resize(mask, wh, interpolation=cv2.INTER_NEAREST), np.uint8)
    hole[[0, -1]] = 0
    hole[:, [0, -1]] = 0
    offset = _membrane(np.asarray(cv2.subtract(small[0], small[1]), np.float32), hole)
    return np.asarray(cv2.add(patch, cv2.resize(offset, base.shape[1::-1], interpolation=cv2.INTER_LINEAR)), np.float32)


def _membrane(field: Float32Array, hole: UInt8Array) -> Float32Array:
    """The field with its hole filled by a harmonic surface: coarse to fine, a few relaxations at each size."""
    if min(hole.shape) <= 8:
        rim = field[hole == 0]
        out = field.copy()
        out[hole > 0] = rim.mean(0) if len(rim) else 0
        return out
    wh = (hole.shape[1] + 1) // 2, (hole.shape[0] + 1) // 2
    rim_mask = np.asarray(hole == 0, np.float32)
    share = np.asarray(cv2.resize(rim_mask, wh, interpolation=cv2.INTER_AREA), np.float32)
    summed = np.asarray(cv2.resize(pixels.modulate(field, rim_mask), wh, interpolation=cv2.INTER_AREA), np.float32)
    coarse = pixels.modulate(summed, np.asarray(1 / np.maximum(share, 1e-3), np.float32))
    filled = _membrane(coarse, np.where(share > 0.01, 0, 255).astype(np.uint8))
    out = field.copy()
    cv2.copyTo(np.asarray(cv2.resize(filled, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)), hole, out)
    for _ in range(6):
        cv2.copyTo(cv2.filter2D(out, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE), hole, out)
    return out


_NEIGHBOURS: Final = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)


def _cloned(base: Float32Array, patch: Float32Array, mask: UInt8Array, mixed: bool) -> Float32Array:
    x, y, width, height = cv2.boundingRect(mask)
    centre = (x + width // 2, y + height // 2)
    flag = cv2.MIXED_CLONE if mixed else cv2.NORMAL_CLONE
    inner = np.s_[y : y + height, x : x + width]
    clone = cv2.seamlessClone(pixels.to_bytes(patch[inner]), pixels.to_bytes(base), mask[inner].copy(), centre, flag)
    return np.asarray(clone, np.float32)


def _multiband(base: Float32Array, patch: Float32Array, alpha: Float32Array) -> Float32Array:
    """Coarse bands are mixed across wide borders, fine ones across narrow ones.

    Source: P. Burt, E. Adelson, "A Multiresolution Spline With Application to Image Mosaics", 1983.
    """
    difference, weight = np.asarray(cv2.subtract(patch, base), np.float32), alpha
    bands: list[Float32Array] = []
    for _ in range(_LEVELS):
        if min(difference.shape[:2]) < _SMALLEST_PX:
            break
        coarse = np.asarray(cv2.pyrDown(difference), np.float32)
        detail = cv2.subtract(difference, cv2.pyrUp(coarse, dstsize=difference.shape[1::-1]))
        bands.append(pixels.modulate(np.asarray(detail, np.float32), weight))
        difference, weight = coarse, np.asarray(cv2.pyrDown(weight), np.float32)
    mixed = pixels.modulate(difference, weight)
    for band in reversed(bands):
        mixed = np.asarray(cv2.add(cv2.pyrUp(mixed, dstsize=band.shape[1::-1]), band), np.float32)
    reach = np.clip(3 * pixels.blur(alpha, _SPREAD * max(alpha.shape)), 0, 1)
    return np.asarray(cv2.add(base, pixels.modulate(mixed, reach)), np.float32)
