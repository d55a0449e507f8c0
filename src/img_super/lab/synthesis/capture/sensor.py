"""From light on the sensor to the camera's picture: metering, noise, mosaic, denoising, tone, sharpening.

Exposure and white balance are metered beside the portrait, so that a superimposition does not affect the rest.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.view import View

DEMOSAICING: Final = {
    "bilinear": cv2.COLOR_BayerBG2RGB,
    "edge_aware": cv2.COLOR_BayerBG2RGB_EA,
    "vng": cv2.COLOR_BayerBG2RGB_VNG,
}
_METERED_FACES: Final = 1.0
"""Half the width of the part around the portrait's middle that is not metered, in face widths."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """The camera's processing parameters."""

    exposure: float  # brightness (0 to 255) that the bright parts of the scene get; `metered` is their percentile
    metered: float
    balance: float  # strength of the white balance, 0 to 1 (1: grey world)
    balance_error: tuple[float, float, float]  # gains by channel
    zoom: float  # factor by which the sensor saw the picture smaller
    noise: float  # standard deviation in the mid-tones; `dark_noise` how many times more in the dark
    dark_noise: float
    # grain_px, chroma: its coarseness, and its share per channel
    grain_px: float
    chroma: float
    rows: float  # standard deviation of row noise
    mosaic: str  # `none` or the way of demosaicing
    cleaning: str  # `none`, `chroma`, `median`, `bilateral`, `smear`; `cleaning_strength` 0 to 1
    cleaning_strength: float
    # gamma, contrast, black, white: the tone curve
    gamma: float
    contrast: float
    black: float
    white: float
    local_contrast: float  # strength (negative flattens, as HDR does); its size is a share of the photo
    saturation: float  # 1 keeps colours, 0 is grey
    # sharpening, sharpening_px: unsharp mask
    sharpening: float
    sharpening_px: float
    streaks: float  # strength of a scanner's stripes
    toner: float  # strength of a copier's uneven black and specks


_NOISE: Final = {
    "fine_phone": (0.2, 1.6),
    "phone": (0.3, 3.0),
    "old_phone": (1.5, 8.0),
    "webcam": (1.5, 6.0),
    "low_light": (3.0, 9.0),
}
_CLEANING: Final = ("none", "chroma", "median", "bilateral", "smear")
_CLEANING_SHARES: Final = {
    "fine_phone": (0.7, 0.2, 0.02, 0.05, 0.03), "phone": (0.45, 0.3, 0.05, 0.1, 0.1),
    "old_phone": (0.3, 0.2, 0.2, 0.15, 0.15), "webcam": (0.3, 0.3, 0.15, 0.1, 0.15),
    "low_light": (0.2, 0.3, 0.1, 0.2, 0.2),
}  # fmt: skip


def draw_sensor(rng: np.random.Generator, kind: str) -> Sensor:
    """Draw the processing of a `fine_phone`, `phone`, `old_phone` or `webcam`, or of any of them in `low_light`."""
    poor = kind not in ("phone", "fine_phone")
    dim = kind == "low_light" or rng.random() < 0.06
    error = np.exp(rng.normal(0, 0.035, 3) * (2 if rng.random() < 0.12 else 1))
    exposure = rng.uniform(70, 170) if dim else rng.normal(194, 27)
    low, high = _NOISE[kind]
    sensor = Sensor(
        exposure=float(np.clip(exposure, 60, 268)),
        metered=float(rng.uniform(72, 95)),
        balance=float(rng.choice([0.0, rng.uniform(0, 0.5), rng.uniform(0.4, 0.9)], p=[0.35, 0.43, 0.22])),
        balance_error=(float(error[0]), float(error[1]), float(error[2])),
        zoom=float(rng.choice([1.0, rng.uniform(1.05, 1.9)], p=[0.65, 0.35] if poor else [0.88, 0.12])),
        noise=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        dark_noise=float(rng.uniform(0, 1.6)),
        grain_px=float(rng.choice([0.0, 0.45, 0.7, 1.0, 1.5], p=[0.4, 0.22, 0.2, 0.12, 0.06])),
        chroma=float(rng.uniform(0, 0.75)),
        rows=float(rng.uniform(0.3, 1.6)) * bool(rng.random() < (0.1 if poor else 0.03)),
        mosaic=str(rng.choice(["none", *DEMOSAICING], p=[0.6, 0.16, 0.2, 0.04])),
        cleaning=str(rng.choice(_CLEANING, p=_CLEANING_SHARES[kind])),
        cleaning_strength=float(rng.uniform(0.25, 1.0)),
        gamma=float(np.exp(rng.normal(0, 0.13))),
        contrast=float(rng.normal(0.16, 0.22)),
        black=float(max(0.0, rng.normal(2, 8))),
        white=float(min(255.0, rng.normal(253, 8))),
        local_contrast=float(rng.normal(0.05, 0.13)) * bool(rng.random() < 0.5),
        saturation=0.0 if rng.random() < 0.05 else float(np.clip(rng.normal(1.02, 0.18), 0.4, 1.6)),
        sharpening=float(max(0.0, rng.normal(0.35, 0.4)) * (1.6 if kind == "old_phone" else 1)),
        sharpening_px=float(rng.uniform(0.6, 1.9)),
        streaks=0.0,
        toner=0.0,
    )
    return _of_many_pixels(sensor) if kind == "fine_phone" else sensor


def _of_many_pixels(sensor: Sensor) -> Sensor:
    """The reduced photo of a sensor with finer pixels: no mosaic, crisp edges."""
    return replace(
        sensor, zoom=1.0, mosaic="none", contrast=sensor.contrast + 0.14,
        sharpening=1.6 * sensor.sharpening, sharpening_px=0.6 + 0.46 * (sensor.sharpening_px - 0.6),
    )  # fmt: skip


def develop(light: Float32Array, view: View, sensor: Sensor, rng: np.random.Generator) -> Float32Array:
    """The camera's picture, RGB 0 to 255, of linear light."""
    wh = (light.shape[1], light.shape[0])
    light = pixels.scaled(light, 255**2 * _gains(light, view, sensor))
    if sensor.zoom > 1:
        light = pixels.resize(light, (max(16, round(wh[0] / sensor.zoom)), max(16, round(wh[1] / sensor.zoom))))
    picture = cv2.sqrt(np.clip(light, 0, 255**2))
    picture = _noisy(np.asarray(picture, np.float32), sensor, rng)
    clean = _cleaned(_mosaicked(pixels.to_bytes(picture), sensor), sensor)
    toned = pixels.as_float(np.asarray(cv2.LUT(clean, tone_curve(sensor)), np.uint8))
    finished = pixels.sharpen(_coloured(toned, sensor), sensor.sharpening, sensor.sharpening_px)
    if sensor.zoom > 1:
        finished = np.asarray(cv2.resize(finished, wh, interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray(np.clip(finished, 0, 255, out=finished), np.float32)


def _gains(light: Float32Array, view: View, sensor: Sensor) -> Float32Array:
    """White balance and exposure, linear, metered outside the portrait."""
    step = max(1, min(light.shape[:2]) // 45)
    sparse = light[::step, ::step]
    y, x = np.mgrid[0 : light.shape[0] : step, 0 : light.shape[1] : step]
    reach = _METERED_FACES * view.face_width_px
    surroundings = (np.abs(x - view.face_x_px) > reach) | (np.abs(y - view.face_y_px) > reach * 1.3)
    samples = np.clip(sparse[surroundings] if surroundings.any() else sparse.reshape(-1, 3), 1e-4, 4)
    mean = samples.mean(0)
    gains = np.clip((mean.mean() / mean) ** np.float32(sensor.balance), 0.3, 3.5) * np.asarray(
        sensor.balance_error, np.float32
    )
    bright = float(np.percentile((samples * gains).mean(1), sensor.metered))
    return np.asarray(gains * (sensor.exposure / 255) ** 2 / max(bright, 1e-3), np.float32)


def _noisy(picture: Float32Array, sensor: Sensor, rng: np.random.Generator) -> Float32Array:
    """Adds noise to values 0 to 255.

    The square root has already equalised the shot noise; the rest grows towards black.
    Source: F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data", 1948.
    """
    grains = pixels.noise(rng, picture.shape, sensor.noise, sensor.grain_px, sensor.chroma)
    rows = rng.standard_normal((picture.shape[0], 1)).astype(np.float32)
    stripes = rng.standard_normal((1, picture.shape[1])).astype(np.float32)
    strength = cv2.addWeighted(picture, -sensor.dark_noise / 255, picture, 0, 1 + sensor.dark_noise)
    frame = cv2.add(picture, cv2.multiply(grains, strength))
    if sensor.rows:
        frame = cv2.add(
            frame, pixels.three(np.asarray(np.repeat(rows * np.float32(sensor.rows), picture.shape[1], 1), np.float32))
        )
    if sensor.streaks:
        sparse = stripes * (np.abs(stripes) > 1.8) * np.float32(sensor.streaks)
        frame = cv2.add(frame, pixels.three(np.asarray(np.repeat(sparse, picture.shape[0], 0), np.float32)))
    if sensor.toner:
        mottle, specks = pixels.grain(rng, picture.shape, 1.5), pixels.grain(rng, picture.shape, 0.7)
        dark = cv2.addWeighted(pixels.luma(picture), -1 / 255, mottle, 0, 1)
        uneven = cv2.multiply(dark, mottle, scale=22 * sensor.toner)
        flecks = np.float32(-160 * sensor.toner) * np.maximum(specks - np.float32(3.4), 0)
        frame = cv2.add(frame, pixels.three(np.asarray(cv2.add(uneven, flecks), np.float32)))
    return np.asarray(frame, np.float32)


def _mosaicked(picture: RgbImage, sensor: Sensor) -> RgbImage:
    """One colour per pixel, as the sensor sees it, demosaiced."""
    if sensor.mosaic == "none":
        return picture
    raw = np.ascontiguousarray(picture[:, :, 1])
    raw[::2, ::2] = picture[::2, ::2, 0]
    raw[1::2, 1::2] = picture[1::2, 1::2, 2]
    return np.asarray(cv2.cvtColor(raw, DEMOSAICING[sensor.mosaic]), np.uint8)


def _cleaned(picture: RgbImage, sensor: Sensor) -> RgbImage:
    strength = sensor.cleaning_strength
    if sensor.cleaning == "chroma":
        value, red, blue = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
        sigma = 0.6 + 2.6 * strength
        softened = [cv2.GaussianBlur(channel, (0, 0), sigma) for channel in (red, blue)]
        return np.asarray(cv2.cvtColor(cv2.merge([value, *softened]), cv2.COLOR_YCrCb2RGB), np.uint8)
    if sensor.cleaning == "median":
        return np.asarray(cv2.addWeighted(cv2.medianBlur(picture, 3), strength, picture, 1 - strength, 0), np.uint8)
    if sensor.cleaning == "bilateral":
        return np.asarray(
            cv2.bilateralFilter(picture, 5, 12 + 3 * sensor.noise * strength + 14 * strength, 2.5), np.uint8
        )
    return _smeared(picture, sensor) if sensor.cleaning == "smear" else picture


def _smeared(picture: RgbImage, sensor: Sensor) -> RgbImage:
    """The guided filter: flat parts lose their detail, edges keep it.

    Source: K. He et al., "Guided image filtering", 2010.
    """
    image = picture.astype(np.float32)
    guide = pixels.luma(image)
    size = (5, 5)
    mean = cv2.blur(guide, size)
    variance = cv2.blur(cv2.multiply(guide, guide), size) - cv2.multiply(mean, mean)
    threshold = np.float32((3 + 2.0 * sensor.noise * sensor.cleaning_strength) ** 2)
    keep = cv2.divide(variance, variance + threshold)
    flat = cv2.blur(image, size)
    return pixels.to_bytes(
        pixels.blend(np.asarray(flat, np.float32), image, np.asarray(cv2.blur(keep, (3, 3)), np.float32))
    )


def tone_curve(sensor: Sensor) -> RgbImage:
    """The tone curve as a table, uint8 [256]: gamma, an S-curve for contrast, black and white point."""
    value = np.power(np.arange(256) / 255, sensor.gamma)
    bent = value + sensor.contrast * value * (1 - value) * (2 * value - 1) * 2
    return np.asarray(np.clip(np.round(sensor.black + bent * (sensor.white - sensor.black)), 0, 255), np.uint8)


def _coloured(picture: Float32Array, sensor: Sensor) -> Float32Array:
    value = pixels.luma(picture)
    if sensor.local_contrast:
        slow = pixels.blur(value, 0.06 * max(picture.shape[:2]))
        detail = pixels.three(
            np.asarray(cv2.addWeighted(value, sensor.local_contrast, slow, -sensor.local_contrast, 0), np.float32)
        )
        picture = np.asarray(cv2.add(picture, detail), np.float32)
    if sensor.saturation == 0:
        return pixels.three(value)
    return np.asarray(
        cv2.addWeighted(picture, sensor.saturation, pixels.three(value), 1 - sensor.saturation, 0), np.float32
    )
