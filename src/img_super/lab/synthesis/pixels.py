"""Small operations on pixels that printing, capture and superimposition share. Images are RGB float32, 0 to 255.

They use OpenCV: NumPy broadcasts over a last axis of three about ten times slower.
"""

from functools import cache
from typing import Final, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Float32Array, RgbImage, UInt8Array

Pixels = TypeVar("Pixels", Float32Array, UInt8Array)
"""Values 0 to 255 of either kind; OpenCV gives back the kind that it got."""

_BANK_SIDE_PX: Final = 1024
_BANK_SEED: Final = 20260101
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_GRAINS_PX: Final = (0.0, 0.45, 0.7, 1.0, 1.5, 2.5)


def to_bytes(image: Float32Array) -> RgbImage:
    """Clip and round to uint8."""
    return np.asarray(cv2.addWeighted(image, 1, image, 0, 0, dtype=cv2.CV_8U), np.uint8)


def as_float(image: RgbImage) -> Float32Array:
    """The same values as float32."""
    return image.astype(np.float32)


def luma(image: Float32Array) -> Float32Array:
    """The grey value, float32 [height, width]."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def three(field: Float32Array) -> Float32Array:
    """A field [height, width] as an image of three equal channels."""
    return np.asarray(cv2.cvtColor(field, cv2.COLOR_GRAY2RGB), np.float32)


def grey(image: Float32Array) -> Float32Array:
    """The image without colour, still with three channels."""
    return three(luma(image))


def filled(hw: tuple[int, ...], colour: npt.ArrayLike) -> Float32Array:
    """An image of one colour (three values, 0 to 255)."""
    row = np.tile(np.asarray(colour, np.float32).ravel(), hw[1])
    return np.repeat(row[None], hw[0], axis=0).reshape(hw[0], hw[1], 3)


def blur(image: Pixels, sigma_px: float) -> Pixels:
    """Gaussian blur; no effect below a sigma of 0.2 px. Large ones use a reduced image."""
    if sigma_px < 0.2:
        return image
    if sigma_px > 4 and min(image.shape[:2]) > 32:
        shrink = sigma_px / 2
        wh = (max(8, round(image.shape[1] / shrink)), max(8, round(image.shape[0] / shrink)))
        small = cv2.GaussianBlur(cv2.resize(image, wh, interpolation=cv2.INTER_AREA), (0, 0), 1.9)
        return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(image.dtype, copy=False)
    side = 2 * int(np.ceil(2.5 * sigma_px - 0.25)) + 1  # OpenCV's default has a third more taps, near zero
    return cv2.GaussianBlur(image, (side, side), sigma_px).astype(image.dtype, copy=False)


def sharpen(image: Float32Array, amount: float, sigma_px: float = 1.0) -> Float32Array:
    """Unsharp mask, as in phones and printers."""
    if amount <= 0:
        return image
    return np.asarray(cv2.addWeighted(image, 1 + amount, blur(image, sigma_px), -amount, 0), np.float32)


def modulate(image: Float32Array, field: Float32Array) -> Float32Array:
    """Multiply every channel with a field [height, width]."""
    return np.asarray(cv2.multiply(image, three(field)), np.float32)


def scaled(image: Float32Array, gains: npt.ArrayLike) -> Float32Array:
    """Multiply the channels with three gains."""
    return np.asarray(cv2.transform(image, np.diag(np.asarray(gains, np.float32).ravel())), np.float32)


def curve(image: Float32Array, table: Float32Array) -> Float32Array:
    """Tone curve: `table` gives the new value (float32 [256]) of each old one; the input is rounded to 8 bits."""
    return np.asarray(cv2.LUT(to_bytes(image), np.ascontiguousarray(table, np.float32)), np.float32)


def gamma_table(gamma: float) -> Float32Array:
    """The tone curve of a gamma, for `curve`."""
    return np.asarray(255 * np.power(np.arange(256) / 255, gamma), np.float32)


def blend(under: Float32Array, over: Float32Array, alpha: Float32Array) -> Float32Array:
    """Blend `over` (an image, or one colour) onto `under` by `alpha` (height x width, 0 to 1)."""
    if over.size == 3:
        over = filled(under.shape, over)
    weight = np.asarray(alpha * np.float32(1024), np.float32)  # large, because OpenCV adds 1e-5 to the divisor
    return np.asarray(cv2.blendLinear(over, under, weight, 1024 - weight), np.float32)


def noise(rng: np.random.Generator, hw: tuple[int, ...], sigma: float, grain_px: float, colour: float) -> Float32Array:
    """Noise [height, width, 3] of the given standard deviation.

    `grain_px`: its coarseness (sigma of its blur, to the nearest of a few); `colour`: share that differs between
    channels, 0 to 1.
    """
    if colour <= 0:
        return three(grain(rng, hw, grain_px, sigma))
    shared, *channels = (_window(rng, hw, grain_px) for _ in range(4))
    planes = [cv2.addWeighted(shared, sigma * (1 - colour), plane, sigma * colour, 0) for plane in channels]
    return np.asarray(cv2.merge(planes), np.float32)


def grain(rng: np.random.Generator, hw: tuple[int, ...], grain_px: float, sigma: float = 1.0) -> Float32Array:
    """Grey noise [height, width] of the given standard deviation; `grain_px` as in `noise`."""
    return np.asarray(_window(rng, hw, grain_px) * np.float32(sigma), np.float32)


def _window(rng: np.random.Generator, hw: tuple[int, ...], grain_px: float) -> Float32Array:
    """A random window of a bank of unit noise that is drawn once per process."""
    bank = _bank(int(np.argmin([abs(grain_px - bank_px) for bank_px in _GRAINS_PX])))
    y, x = (int(value) for value in rng.integers(0, _BANK_SIDE_PX, 2))
    height, width = hw[:2]
    if y + height <= 2 * _BANK_SIDE_PX and x + width <= 2 * _BANK_SIDE_PX:
        return bank[y : y + height, x : x + width]
    rows = (np.arange(height) + y) % _BANK_SIDE_PX
    return bank[rows][:, (np.arange(width) + x) % _BANK_SIDE_PX]


@cache
def _bank(number: int) -> Float32Array:
    """Tiling unit noise, repeated in both directions so that windows need no wrapping."""
    rng = np.random.default_rng([_BANK_SEED, number])
    tile = np.pad(rng.standard_normal((_BANK_SIDE_PX, _BANK_SIDE_PX)).astype(np.float32), 16, mode="wrap")
    tile = blur(tile, _GRAINS_PX[number])[16:-16, 16:-16]
    return np.ascontiguousarray(np.tile(tile / tile.std(), (2, 2)), np.float32)


def cosine_sum(rows: Float32Array, columns: Float32Array) -> Float32Array:
    """cos(row + column) of every pixel, from the cosines and sines of rows and columns alone."""
    down, across = np.stack([np.cos(rows), -np.sin(rows)], 1), np.stack([np.cos(columns), np.sin(columns)])
    return np.asarray(down @ across, np.float32)


def polygon(hw: tuple[int, ...], points: Float32Array) -> Float32Array:
    """The inside of a polygon, 0 to 1, with soft edge pixels; points have a precision of 1/16 pixel."""
    out = np.zeros(hw[:2], np.uint8)
    fixed = np.round(np.clip(points, -30_000, 30_000) * 16).astype(np.int32)  # the limit of OpenCV's fixed point
    cv2.fillPoly(out, [fixed], 255, cv2.LINE_AA, 4)
    return np.asarray(out, np.float32) / np.float32(255)


def smooth_field(rng: np.random.Generator, hw: tuple[int, ...], cells: int) -> Float32Array:
    """A slowly varying random field, about -1 to 1."""
    return enlarged(rng.standard_normal((cells, cells)).astype(np.float32), (hw[1], hw[0]))


def enlarged(coarse: Float32Array, wh: tuple[int, int]) -> Float32Array:
    """A coarse field, smoothly enlarged: cubic to 16 pixels per cell, then bilinear, which is much cheaper."""
    middle = (min(wh[0], 16 * coarse.shape[1]), min(wh[1], 16 * coarse.shape[0]))
    smooth = cv2.resize(coarse, middle, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(smooth, wh, interpolation=cv2.INTER_LINEAR), np.float32)


def save_and_read(image: Float32Array, quality: int, kind: str, subsampled: bool = True) -> Float32Array:
    """An image after a lossy save (`jpeg` or `webp`)."""
    return as_float(opened(saved(to_bytes(image), quality, kind, subsampled)))


def saved(image: RgbImage, quality: int, kind: str, subsampled: bool = True) -> bytes:
    """The file's bytes of an image saved as `jpeg`, `webp` or `png` (which ignores the quality)."""
    if kind == "png":
        flags = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    elif kind == "webp":
        flags = [cv2.IMWRITE_WEBP_QUALITY, quality]
    else:
        factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    _, data = cv2.imencode("." + kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)
    return data.tobytes()


def opened(data: bytes) -> RgbImage:
    """The picture in a file's bytes."""
    rgb = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if rgb is None:
        raise ValueError("these bytes hold no picture")
    return np.asarray(rgb, np.uint8)


def resize(image: Pixels, wh: tuple[int, int]) -> Pixels:
    """Resize by area when shrinking, otherwise bilinearly."""
    shrinks = wh[0] < image.shape[1]
    return cv2.resize(image, wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR).astype(
        image.dtype, copy=False
    )


def reduced(image: Pixels, wh: tuple[int, int]) -> Pixels:
    """Downscale, halving first, which is many times faster than OpenCV's area interpolation."""
    while image.shape[1] >= 2 * wh[0] and image.shape[0] >= 2 * wh[1]:
        half = image.shape[1] // 2, image.shape[0] // 2
        image = resize(image[: 2 * half[1], : 2 * half[0]], half)
    return cv2.resize(image, wh, interpolation=cv2.INTER_LINEAR).astype(image.dtype, copy=False)


def mean_and_spread(image: Float32Array, weights: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Mean and standard deviation by channel where `weights` exceed one half; of the whole image if nowhere."""
    mask = np.asarray(weights > 0.5, np.uint8)
    mean, spread = cv2.meanStdDev(image, mask=mask if cv2.countNonZero(mask) >= 16 else None)
    return np.asarray(mean[:, 0], np.float32), np.asarray(spread[:, 0], np.float32)


def match_statistics(image: Float32Array, model: Float32Array, weights: Float32Array, strength: float) -> Float32Array:
    """Give `image` the mean and the spread, by channel, that `model` has where `weights` are above one half.

    Source: E. Reinhard et al., "Color transfer between images", 2001 (here in RGB).
    """
    (mean, spread), (wanted_mean, wanted_spread) = mean_and_spread(image, weights), mean_and_spread(model, weights)
    gain = np.clip((wanted_spread + 1) / (spread + 1), 0.4, 2.2)
    gain = 1 + strength * (gain - 1)
    shift = mean + strength * (wanted_mean - mean) - mean * gain
    return _raised(scaled(image, gain), shift)


def tint_like(image: Float32Array, model: Float32Array, weights: Float32Array) -> Float32Array:
    """Tint the grey values of `image` like those of `model`: a grey copy under coloured light."""
    grey = luma(image)
    sparse = np.s_[::3, ::3]  # a ninth of the pixels is enough for a mean
    mask = weights[sparse] > 0.5
    if mask.sum() < 16:
        return image
    colours, samples = model[sparse][mask], grey[sparse][mask]
    values = colours @ _LUMA
    centred = values - values.mean()
    slope = (centred[:, None] * (colours - colours.mean(0))).mean(0) / (centred.var() + 1)
    gain = float(np.clip((values.std() + 1) / (samples.std() + 1), 0.4, 2.2))
    level = (grey - samples.mean()) * np.float32(gain)
    return _raised(scaled(three(np.asarray(level, np.float32)), slope), colours.mean(0))


def _raised(image: Float32Array, by: Float32Array) -> Float32Array:
    return np.asarray(cv2.add(image, np.append(by, 0.0).astype(np.float64)), np.float32)
