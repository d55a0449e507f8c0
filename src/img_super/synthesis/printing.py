"""What happens to a picture on its way to paper or plastic: its earlier life as a file, tone, raster, ink, wear.

Genuine portraits and donors draw their `History` from the same distribution, and genuine cards and donors' prints
their `PrintProcess`, so that neither sharpness nor grain nor an old JPEG grid tells by itself which class it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class History:
    """What a portrait went through as a file before it was laid into a document."""

    shrink: float
    quality: int
    sharpen: float
    noise: float
    gamma: float
    contrast: float
    brightness: float
    saturation: float


def draw_history(rng: np.random.Generator) -> History:
    """Draw the earlier life of a picture."""
    return History(
        shrink=float(rng.choice([1.0, rng.uniform(0.35, 1.0)])),
        quality=int(rng.integers(45, 99)),
        sharpen=float(max(0.0, rng.uniform(-0.8, 1.2))),
        noise=float(max(0.0, rng.uniform(-5, 7))),
        gamma=float(rng.uniform(0.75, 1.3)),
        contrast=float(rng.uniform(0.75, 1.15)),
        brightness=float(rng.uniform(-18, 22)),
        saturation=float(rng.choice([1.0, rng.uniform(0.3, 1.2)])),
    )


def live_through(image: FloatArray, history: History, rng: np.random.Generator) -> FloatArray:
    """Apply a history to a picture (float32, 0 to 255)."""
    height, width = image.shape[:2]
    if history.shrink < 0.97:
        small_wh = (max(24, int(width * history.shrink)), max(24, int(height * history.shrink)))
        image = pixels.resize(pixels.resize(image, small_wh), (width, height))
    image = pixels.sharpen(image, history.sharpen)
    image = pixels.grey(image) + (image - pixels.grey(image)) * history.saturation
    image = 255 * np.power(np.clip(image, 0, 255) / 255, history.gamma)
    image = (image - 128) * history.contrast + 128 + history.brightness
    if history.noise:
        image = image + pixels.noise(rng, (height, width), history.noise, 0.5, 0.3)
    return pixels.save_and_read(image, history.quality, "jpeg")


@dataclass(frozen=True, slots=True)
class PrintProcess:
    """How something is printed. Lengths are in pixels of the canvas."""

    kind: str
    blur_px: float
    period_px: float
    angle: float
    amplitude: float
    noise: float
    grain_px: float
    black: float
    white: float
    sharpen: float
    photocopy: bool


def draw_print_process(rng: np.random.Generator, photocopy: float = 0.22) -> PrintProcess:
    """Draw a printer; `photocopy` is the probability that it is a copier without colour."""
    return PrintProcess(
        kind=str(rng.choice(["smooth", "smooth", "dots", "lines", "dither"])),
        blur_px=float(rng.uniform(0.0, 1.3)),
        period_px=float(rng.uniform(2.2, 5.0)),
        angle=float(rng.uniform(0, np.pi)),
        amplitude=float(rng.uniform(4, 26)),
        noise=float(max(0.0, rng.uniform(-2, 7))),
        grain_px=float(rng.uniform(0, 1.0)),
        black=float(rng.uniform(0, 55)),
        white=float(rng.uniform(215, 255)),
        sharpen=float(max(0.0, rng.uniform(-1, 0.9))),
        photocopy=bool(rng.random() < photocopy),
    )


def print_picture(image: FloatArray, process: PrintProcess, rng: np.random.Generator) -> FloatArray:
    """Print a picture: tone, raster, softness, ink noise; a photocopy also loses colour and middle tones."""
    if process.photocopy:
        image = _photocopy(image, process, rng)
    image = np.asarray(process.black + image * (process.white - process.black) / 255, np.float32)
    image = pixels.sharpen(image, process.sharpen)
    image = image + _raster(image, process, rng)
    if process.noise:
        image = image + pixels.noise(rng, image.shape[:2], process.noise, process.grain_px, 0.2)
    return np.clip(pixels.blur(image, process.blur_px), 0, 255)


def _photocopy(image: FloatArray, process: PrintProcess, rng: np.random.Generator) -> FloatArray:
    value = pixels.luma(image)
    steepness = rng.uniform(1.0, 2.2)
    value = 127.5 + (value - rng.uniform(95, 140)) * steepness
    toner = pixels.noise(rng, value.shape, float(rng.uniform(4, 26)), 0.6, 0.0)[:, :, 0]
    middle = np.exp(-(((np.clip(value, 0, 255) - 110) / 75) ** 2))
    value = np.clip(value + toner * middle, 0, 255)
    return np.asarray(np.repeat(value[:, :, None], 3, axis=2), np.float32)


def _raster(image: FloatArray, process: PrintProcess, rng: np.random.Generator) -> FloatArray:
    """The screen that the printer lays under middle tones."""
    if process.kind == "smooth":
        return np.zeros((1, 1, 1), np.float32)
    height, width = image.shape[:2]
    if process.kind == "dither":
        pattern = rng.uniform(-1, 1, (height, width)).astype(np.float32)
    else:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        cos, sin = np.cos(process.angle), np.sin(process.angle)
        frequency = 2 * np.pi / process.period_px
        pattern = np.sin((cos * x + sin * y) * frequency)
        if process.kind == "dots":
            pattern = pattern * np.sin((cos * y - sin * x) * frequency)
    tone = pixels.luma(image) / 255
    return np.asarray((pattern * process.amplitude * 4 * tone * (1 - tone))[:, :, None], np.float32)
