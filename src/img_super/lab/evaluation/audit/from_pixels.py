"""Features of the whole crop without position: sharpness, noise, colour."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import BoolArray, Float32Array, RgbImage
from img_super.lab.evaluation.audit.from_rows import Features

Where = BoolArray

_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""Blind to edges. Source: J. Immerkær, "Fast noise variance estimation", 1996."""

_SATURATION_BINS: Final = np.linspace(0, 256, 9)
_QUANTILES: Final = (0.5, 0.75, 0.9, 0.97)


@dataclass(frozen=True, slots=True)
class Responses:
    """Filter responses: height x width for the whole crop, or flat for some pixels.

    `sharp`, `coarse`: strength of the gradient, of the crop itself and of the crop blurred; `laplacian`: of the grey
    value; `noise`: the high-pass by channel, three in front.
    """

    sharp: Float32Array
    coarse: Float32Array
    laplacian: Float32Array
    noise: Float32Array

    def at(self, mask: Where) -> "Responses":
        """The responses of some pixels."""
        return Responses(self.sharp[mask], self.coarse[mask], self.laplacian[mask], self.noise[:, mask])


def responses(crop: RgbImage) -> Responses:
    """Filter a crop once for both sharpness and noise."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    passed = cv2.filter2D(crop, cv2.CV_32F, _NOISE_KERNEL)
    laplacian = np.asarray(cv2.Laplacian(grey, cv2.CV_32F), np.float32)
    coarse = _gradient(np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0), np.float32))
    return Responses(_gradient(grey), coarse, laplacian, np.ascontiguousarray(np.moveaxis(passed, 2, 0), np.float32))


def sharpness(answers: Responses) -> Features:
    """Sharpness: Laplacian, quantiles of the gradient, fine against coarse detail."""
    values_by_name = {"log_laplacian_variance": log(answers.laplacian.var())}
    for share, value in zip(_QUANTILES, np.quantile(answers.sharp, _QUANTILES), strict=True):
        values_by_name[f"gradient_p{share * 100:.0f}"] = log(value)
    return values_by_name | {"fine_to_coarse": log(answers.sharp.mean()) - log(answers.coarse.mean())}


def noise(answers: Responses) -> Features:
    """Noise: median absolute deviation of a high-pass, by channel and between channels."""
    features = {}
    for name, values in zip("rgb", answers.noise, strict=True):
        strength = np.abs(values)
        features[f"deviation_{name}"] = log(np.median(strength))
        features[f"mean_{name}"] = log(strength.mean())
    return features | {"colour_noise": log(np.abs(answers.noise[0] - answers.noise[2]).mean()) - features["mean_g"]}


def colour(crop: RgbImage, mask: Where | None = None) -> Features:
    """Means, spreads and the histogram of the saturation."""
    pixels = crop.reshape(-1, 3) if mask is None else crop[mask]
    means: Features = {}
    for channel, name in enumerate("rgb"):
        mean, spread = cv2.meanStdDev(np.ascontiguousarray(pixels[:, channel]))
        means |= {f"mean_{name}": float(mean[0, 0]), f"spread_{name}": float(spread[0, 0])}
    means |= {"red_to_green": means["mean_r"] - means["mean_g"], "blue_to_green": means["mean_b"] - means["mean_g"]}
    saturation = cv2.cvtColor(pixels[None], cv2.COLOR_RGB2HSV)[0, :, 1]
    shares = np.histogram(saturation, _SATURATION_BINS)[0] / len(saturation)
    return means | {f"saturation_{index}": float(share) for index, share in enumerate(shares)}


def log(value: float) -> float:
    """The logarithm of a strength, which may be zero."""
    return float(np.log(value + 0.05))


def _gradient(grey: Float32Array) -> Float32Array:
    """Grey values per pixel."""
    x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125)
    y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.magnitude(x, y), np.float32)
