"""Small operations on pixels that printing, capture and superimposition share. Images are float32, 0 to 255."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import RgbImage

FloatArray = npt.NDArray[np.float32]

_ZERO: Final = np.zeros(3)
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def to_bytes(image: FloatArray) -> RgbImage:
    """Clip and round to uint8."""
    return np.asarray(np.clip(image + 0.5, 0, 255), np.uint8)


def luma(image: FloatArray) -> FloatArray:
    """The grey value, float32 [height, width]."""
    return np.asarray(image @ _LUMA, np.float32)


def grey(image: FloatArray) -> FloatArray:
    """The image without colour, still with three channels."""
    return np.repeat(luma(image)[:, :, None], 3, axis=2)


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """Gaussian blur; nothing happens below a sigma of 0.2 px."""
    return image if sigma_px < 0.2 else np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)


def sharpen(image: FloatArray, amount: float, sigma_px: float = 1.0) -> FloatArray:
    """Unsharp mask, as phones and printers do."""
    return image if amount <= 0 else image + amount * (image - blur(image, sigma_px))


def blend(under: FloatArray, over: FloatArray, alpha: FloatArray) -> FloatArray:
    """Lay `over` on `under` where `alpha` (height x width, 0 to 1) says so."""
    return np.asarray(under + (over - under) * alpha[:, :, None], np.float32)


def noise(rng: np.random.Generator, hw: tuple[int, int], sigma: float, grain_px: float, colour: float) -> FloatArray:
    """Noise [height, width, 3] of the given strength; grain above a pixel; `colour` is the share by channel."""
    cv2.setRNGSeed(int(rng.integers(0, 2**31 - 1)))  # OpenCV draws five times as fast as NumPy
    field = np.empty((*hw, 3), np.float32)
    if colour > 0:
        cv2.randn(field, _ZERO, np.full(3, sigma))
    grey_field = np.empty(hw, np.float32)
    cv2.randn(grey_field, _ZERO[:1], np.full(1, sigma))
    shared = grey_field[:, :, None] * np.float32(1 - colour)
    field = field * np.float32(colour) + shared if colour > 0 else np.repeat(shared, 3, axis=2)
    if grain_px > 0.3:
        field = blur(field, grain_px) * (1 + 2.6 * grain_px)
    return np.asarray(field, np.float32)


def smooth_field(rng: np.random.Generator, hw: tuple[int, int], cells: int) -> FloatArray:
    """A slowly varying random field, about -1 to 1."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, hw[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def save_and_read(image: FloatArray, quality: int, kind: str, subsampled: bool = True) -> FloatArray:
    """What a lossy save (`jpeg` or `webp`) leaves of an image."""
    bgr = np.ascontiguousarray(to_bytes(image)[:, :, ::-1])
    if kind == "webp":
        flags = [cv2.IMWRITE_WEBP_QUALITY, quality]
    else:
        factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    _, data = cv2.imencode(".webp" if kind == "webp" else ".jpg", bgr, flags)
    return np.asarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1], np.float32)


def resize(image: FloatArray, wh: tuple[int, int]) -> FloatArray:
    """Resize by area when shrinking, else bilinear."""
    shrinks = wh[0] < image.shape[1]
    return np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.float32)


def match_statistics(image: FloatArray, like: FloatArray, weights: FloatArray, strength: float) -> FloatArray:
    """Give `image` the mean and the spread, by channel, that `like` has where `weights` are above one half.

    Source: E. Reinhard et al., "Color transfer between images", 2001 (here in RGB).
    """
    where = weights > 0.5
    if where.sum() < 16:
        return image
    ours, theirs = image[where], like[where]
    gain = np.clip((theirs.std(0) + 1) / (ours.std(0) + 1), 0.4, 2.2)
    matched = (image - ours.mean(0)) * gain + theirs.mean(0)
    return np.asarray(image + strength * (matched - image), np.float32)


def tint_like(image: FloatArray, like: FloatArray, weights: FloatArray) -> FloatArray:
    """Colour the grey values of `image` as `like` colours its own: what a grey copy under coloured light shows."""
    where = weights > 0.5
    if where.sum() < 16:
        return image
    theirs, values = like[where], luma(like)[where]
    centred = values - values.mean()
    slope = (centred[:, None] * (theirs - theirs.mean(0))).mean(0) / (centred.var() + 1)
    ours = luma(image)
    level = (ours - ours[where].mean()) * np.clip((values.std() + 1) / (ours[where].std() + 1), 0.4, 2.2)
    return np.asarray(theirs.mean(0) + level[:, :, None] * slope, np.float32)
