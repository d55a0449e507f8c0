"""Printing on paper and plastic: offset, inkjet, dye sublimation, laser, thermal print, and the photocopier.

Everything on a card goes through one process; donors' prints are drawn from the same ranges.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import slid

KINDS: Final = ("offset", "inkjet", "dye", "laser_dots", "laser_lines", "thermal", "file")
_WEIGHTS: Final = (0.24, 0.2, 0.24, 0.1, 0.06, 0.06, 0.1)
_SCREEN_DEG: Final = (15.0, 75.0, 0.0)  # cyan, magenta, yellow; black would stand at 45


@dataclass(frozen=True, slots=True)
class History:
    """A portrait's history as a file before it was printed on a document."""

    shrink: float
    quality: int
    subsampled: bool
    sharpen: float
    noise: float
    gamma: float
    contrast: float
    brightness: float
    saturation: float


def draw_history(rng: np.random.Generator) -> History:
    """Draw a picture's history."""
    return History(
        shrink=float(rng.choice([1.0, 1.0, rng.uniform(0.3, 1.0)])),
        quality=int(rng.integers(40, 99)),
        subsampled=bool(rng.random() < 0.7),
        sharpen=float(max(0.0, rng.uniform(-0.8, 1.2))),
        noise=float(max(0.0, rng.uniform(-6, 6))),
        gamma=float(np.exp(rng.normal(0, 0.14))),
        contrast=float(rng.uniform(0.78, 1.15)),
        brightness=float(rng.uniform(-16, 20)),
        saturation=float(rng.choice([1.0, rng.uniform(0.3, 1.25)])),
    )


def live_through(image: Float32Array, history: History, rng: np.random.Generator) -> Float32Array:
    """Apply a history to a picture (float32, 0 to 255); keeps its size."""
    height, width = image.shape[:2]
    if history.shrink < 0.97:
        image = pixels.resize(image, (max(24, int(width * history.shrink)), max(24, int(height * history.shrink))))
    image = pixels.sharpen(image, history.sharpen)
    if history.saturation != 1.0:
        share = history.saturation
        image = np.asarray(cv2.addWeighted(image, share, pixels.grey(image), 1 - share, 0), np.float32)
    levels = (pixels.gamma_table(history.gamma) - 128) * history.contrast + 128 + history.brightness
    image = pixels.curve(image, np.asarray(np.clip(levels, 0, 255), np.float32))
    if history.noise > 0:
        image = np.asarray(cv2.add(image, pixels.noise(rng, image.shape, history.noise, 0.5, 0.3)), np.float32)
    image = pixels.save_and_read(image, history.quality, "jpeg", history.subsampled)
    return image if image.shape[:2] == (height, width) else pixels.resize(image, (width, height))


@dataclass(frozen=True, slots=True)
class PrintProcess:
    """How something is printed. Lengths are in pixels of the canvas."""

    kind: str  # one of `KINDS`
    photocopy: bool  # then photocopied or printed without colour
    blur_px: float  # softness of ink and plastic
    period_px: float  # distance between dots or lines
    angle_deg: float  # rotation of the whole screen
    definition: float  # resolved share of the halftone, 0 to 1
    noise: float  # of the ink, standard deviation
    grain_px: float  # coarseness of that noise
    # black, white: darkest and lightest value
    black: float
    white: float
    sharpen: float  # of the printer's driver
    shift_px: float  # misregistration of the inks
    banding: float  # strength of bands across the feed
    # steepness, pivot: slope and middle of the copier's tone curve
    steepness: float
    pivot: float
    toner: float  # strength of the copier's grain
    specks: float  # loose toner on a copy, per million pixels


def draw_print_process(rng: np.random.Generator, photocopy: float = 0.2) -> PrintProcess:
    """Draw a printer; `photocopy` is the probability of a colourless, harsh copy."""
    harsh = rng.random() < 0.4
    return PrintProcess(
        kind=KINDS[int(rng.choice(len(KINDS), p=_WEIGHTS))],
        photocopy=bool(rng.random() < photocopy),
        blur_px=float(rng.uniform(0.0, 0.87)) * (0.35 if rng.random() < 0.55 else 1.0),
        period_px=float(rng.uniform(2.0, 4.0)),
        angle_deg=float(rng.uniform(0, 90)),
        definition=float(rng.beta(1.3, 2.6) * 0.9),
        noise=float(max(0.0, rng.uniform(-2, 5.4))),
        grain_px=float(rng.uniform(0, 1.0)),
        black=float(rng.uniform(0, 48)),
        white=float(rng.uniform(222, 255)),
        sharpen=float(max(0.0, rng.uniform(-1, 0.9))),
        shift_px=float(max(0.0, rng.uniform(-1.5, 0.8))),
        banding=float(max(0.0, rng.uniform(-4, 3))),
        steepness=float(rng.uniform(1.5, 3.2) if harsh else rng.uniform(0.95, 1.5)),
        pivot=float(rng.uniform(95, 150)),
        toner=float(rng.uniform(8, 34) if harsh else rng.uniform(2, 14)),
        specks=float(max(0.0, rng.uniform(-150, 250))),
    )


def print_picture(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    """Print a picture: tone, misregistration, halftone, softness, ink noise."""
    if process.photocopy:
        image = _photocopied(image, process, rng)
    gain = (process.white - process.black) / 255
    image = np.asarray(cv2.addWeighted(image, gain, image, 0, process.black), np.float32)
    image = pixels.sharpen(image, process.sharpen)
    if process.shift_px > 0.15 and not process.photocopy:
        image = _misregistered(image, process, rng)
    image = _rastered(image, process, rng)
    image = _banded(image, process, rng)
    image = pixels.blur(image, process.blur_px)
    if process.noise > 0:
        colour = 0.0 if process.photocopy else 0.25
        image = np.asarray(cv2.add(image, pixels.noise(rng, image.shape, process.noise, process.grain_px, colour)))
    return np.asarray(np.clip(image, 0, 255, out=image), np.float32)


def _photocopied(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    """Enhanced edges, steep tones, scattered toner in the mid-tones, specks everywhere."""
    value = pixels.luma(image)
    value = pixels.sharpen(value, 0.25 * process.steepness, 1.2)
    tones = 255 / (1 + np.exp(-process.steepness * (np.arange(256) - process.pivot) / 58))
    tones = np.interp(tones, (tones[0], tones[-1]), (0, 255)).astype(np.float32)
    scatter = np.abs(np.gradient(tones)).astype(np.float32)  # grain is visible where the curve is steep
    scatter = np.asarray(process.toner * (0.25 + scatter / scatter.max()), np.float32)
    eight_bit = np.asarray(cv2.convertScaleAbs(np.maximum(value, 0)), np.uint8)
    grain = pixels.grain(rng, value.shape, float(rng.choice([0.0, 0.45, 0.7])))
    grainy = cv2.add(cv2.LUT(eight_bit, tones), cv2.multiply(cv2.LUT(eight_bit, scatter), grain))
    copied: Float32Array = np.clip(grainy, 0, 255).astype(np.float32)
    _strew(copied, process.specks, rng)
    return pixels.three(copied)


def _strew(value: Float32Array, a_million: float, rng: np.random.Generator) -> None:
    count = int(rng.poisson(a_million * value.size / 1e6))
    places = rng.uniform(0, 1, (count, 2)) * value.shape
    for y, x in places.astype(int):
        cv2.circle(value, (int(x), int(y)), int(rng.integers(0, 2)), float(rng.uniform(20, 120)), -1, cv2.LINE_AA)


def _misregistered(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    red, green, blue = cv2.split(image)
    (red_dx, red_dy), (blue_dx, blue_dy) = rng.uniform(-1, 1, (2, 2)) * process.shift_px
    channels = (
        slid(np.asarray(red, np.float32), red_dx, red_dy),
        green,
        slid(np.asarray(blue, np.float32), blue_dx, blue_dy),
    )
    return np.asarray(cv2.merge(channels), np.float32)


def _rastered(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    """The process's halftone, as far as resolved, in place of the even tone."""
    if process.kind in ("file", "dye"):
        return image
    if process.kind == "inkjet":
        return _dithered(image, process, rng)
    if process.photocopy or process.kind.startswith("laser"):
        return _laser(image, process, rng)
    planes = []
    for plane, turn in zip(cv2.split(image), _SCREEN_DEG, strict=True):
        value = np.asarray(plane, np.float32)
        screen = _screen(value.shape, process, process.angle_deg + turn, rng)
        planes.append(_thresholded(value, screen, process))
    return np.asarray(cv2.merge(planes), np.float32)


def _laser(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    """One screen for all inks: that of the black toner."""
    value = pixels.luma(image)
    screen = _screen(value.shape, process, process.angle_deg, rng)
    change = cv2.subtract(_thresholded(value, screen, process), value)
    return np.asarray(cv2.add(image, pixels.three(np.asarray(change, np.float32))), np.float32)


def _dithered(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    """Stochastic dots: high-pass noise (little of it at low frequencies) where the tone is neither ink nor paper."""
    dots = pixels.noise(rng, image.shape, 60 * process.definition, 0.0, 0.0 if process.photocopy else 0.6)
    dots = np.asarray(cv2.subtract(dots, pixels.blur(dots, 1.0)), np.float32)
    return np.asarray(cv2.add(image, cv2.multiply(dots, _middle(image))), np.float32)


def _middle(image: Float32Array) -> Float32Array:
    """1 at middle grey, close to 0 at ink and paper."""
    values = np.arange(256, dtype=np.float32) / 255
    return pixels.curve(image, np.asarray(0.12 + 3.5 * values * (1 - values), np.float32))


def _screen(hw: tuple[int, ...], process: PrintProcess, angle_deg: float, rng: np.random.Generator) -> Float32Array:
    """Thresholds 0 to 1 of a screen of dots, or of lines; by the sum formula, which is cheap."""
    columns, rows = np.arange(hw[1], dtype=np.float32), np.arange(hw[0], dtype=np.float32)
    angle = np.deg2rad(angle_deg)
    wave = np.float32(2 * np.pi / process.period_px)
    cos, sin = wave * np.float32(np.cos(angle)), wave * np.float32(np.sin(angle))
    starts = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    across = pixels.cosine_sum(sin * rows, cos * columns + starts[0])
    if process.kind in ("laser_lines", "thermal"):
        return np.asarray(cv2.addWeighted(across, 0.5, across, 0, 0.5), np.float32)
    along = pixels.cosine_sum(cos * rows, starts[1] - sin * columns)
    return np.asarray(cv2.addWeighted(across, 0.25, along, 0.25, 0.5), np.float32)


def _thresholded(value: Float32Array, screen: Float32Array, process: PrintProcess) -> Float32Array:
    """Dots grow with darkness; unresolved detail stays an even tone."""
    slope = 0.45 * process.period_px
    dots = cv2.addWeighted(value, slope, screen, -255 * slope, 127.5)
    dots = np.clip(dots, 0, 255)
    return np.asarray(cv2.addWeighted(value, 1 - process.definition, dots, process.definition, 0), np.float32)


def _banded(image: Float32Array, process: PrintProcess, rng: np.random.Generator) -> Float32Array:
    if process.banding <= 0:
        return image
    stripes = pixels.blur(rng.normal(0, process.banding, (image.shape[0], 1)).astype(np.float32), 1.2)
    return np.asarray(image.reshape(image.shape[0], -1) + stripes, np.float32).reshape(image.shape)
