"""What happens to a photo's file in transit: resizing, sharpening by apps, screenshots, one or more saves."""

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import cv2
import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import shifted

SMALLEST_SCALE: Final = 0.45
"""Of a photo that has gone all its way, over the first photo."""

_ROUTES: Final = {"original": 0.3, "messenger": 0.3, "upload": 0.17, "editor": 0.13, "screenshot": 0.1}
_SAVES: Final = {"original": (0, 1), "messenger": (1, 2), "upload": (1, 2), "editor": (1, 3), "screenshot": (1, 2)}


@dataclass(frozen=True, slots=True)
class TransmissionStep:
    """A resize, a sharpening and a save."""

    scale: float  # factor of the sides; `resampling` is `area`, `linear`, `cubic` or `nearest`
    resampling: str
    sharpening: float  # amount of an unsharp mask after resizing
    format: str  # `jpeg`, `webp` or `png`
    quality: int  # 1 to 100; `chroma_quality` for a JPEG's chroma
    chroma_quality: int
    sampling: str  # a JPEG's chroma subsampling: `444`, `422`, `420` or `440`
    tables: str  # quantisation tables: `standard` or `phone` (flatter, rising with frequency)
    progressive: bool  # JPEG writing options

    @property
    def subsampled(self) -> bool:
        return self.format == "webp" or (self.format == "jpeg" and self.sampling != "444")


@dataclass(frozen=True, slots=True)
class Passing:
    """A file's path: `original`, `messenger`, `upload`, `editor` or `screenshot`, and its steps."""

    route: str
    steps: tuple[TransmissionStep, ...]


@dataclass(frozen=True, slots=True)
class PassedOn:
    """The file that arrives."""

    image: RgbImage  # RGB uint8, as decoded from the file
    matrix: Float32Array  # float32 [3, 3], from the first photo's pixels to these
    # data, format, quality, subsampled: the last file; `quality` is 100 for PNG
    data: bytes
    format: str
    quality: int
    subsampled: bool


def draw_passing(rng: np.random.Generator) -> Passing:
    """Draw a file's path, with at least one save."""
    route = str(rng.choice(list(_ROUTES), p=list(_ROUTES.values())))
    low, high = _SAVES[route]
    steps, scale = [], 1.0
    for _ in range(max(1, int(rng.integers(low, high + 1)))):
        step = _draw_step(rng, route)
        steps.append(replace(step, scale=max(step.scale, SMALLEST_SCALE / scale)))
        scale *= steps[-1].scale
    return Passing(route, tuple(steps))


def _draw_step(rng: np.random.Generator, route: str) -> TransmissionStep:
    resized = (
        rng.random() < {"original": 0.15, "messenger": 0.6, "upload": 0.4, "editor": 0.35, "screenshot": 0.7}[route]
    )
    scale = float(np.exp(rng.uniform(np.log(0.62), np.log(1.25)))) if resized else 1.0
    mean = {"original": 92, "messenger": 76, "upload": 84, "editor": 89, "screenshot": 88}
    spread = {"original": 5, "messenger": 10, "upload": 10, "editor": 8, "screenshot": 8}
    quality = int(np.clip(rng.normal(mean[route], spread[route]), 42, 100))
    lossless = rng.random() < (0.5 if route == "screenshot" else 0.03)
    webp = rng.random() < 0.05
    return TransmissionStep(
        scale=scale,
        resampling=str(rng.choice(["area", "linear", "cubic", "nearest"], p=[0.4, 0.3, 0.28, 0.02])),
        sharpening=float(rng.uniform(0.1, 0.9)) * bool(rng.random() < 0.15),
        format="png" if lossless else "webp" if webp else "jpeg",
        quality=quality,
        chroma_quality=int(np.clip(quality + rng.normal(0, 8), 30, 100)) if rng.random() < 0.3 else quality,
        sampling=str(rng.choice(["420", "444", "422", "440"], p=[0.68, 0.22, 0.07, 0.03])),
        tables=str(rng.choice(["standard", "phone"], p=[0.75, 0.25])),
        progressive=bool(rng.random() < 0.15),
    )


def pass_on(photo: Float32Array, passing: Passing, rng: np.random.Generator) -> PassedOn:
    """The photo on arrival. Edited ones are cropped between saves, which shifts the JPEG blocks."""
    image, matrix = pixels.to_bytes(photo), np.eye(3)
    cuts = rng.integers(0, 8, (len(passing.steps), 2))
    data = b""
    for number, step in enumerate(passing.steps):
        if number and passing.route in ("editor", "screenshot"):
            x, y = (int(value) for value in cuts[number])
            image, matrix = np.ascontiguousarray(image[y:, x:]), shifted(-x, -y) @ matrix
        image, scale = _resized(image, step)
        matrix = scale @ matrix
        if step.format == "png" and number < len(passing.steps) - 1:
            continue  # lossless, and the file is not used
        data = _encoded(image, step)
        if step.format != "png":
            image = pixels.opened(data)
    last = passing.steps[-1]
    quality = 100 if last.format == "png" else last.quality
    return PassedOn(image, np.asarray(matrix, np.float32), data, last.format, quality, last.subsampled)


_RESAMPLING: Final = {
    "area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "nearest": cv2.INTER_NEAREST
}  # fmt: skip


def _resized(image: RgbImage, step: TransmissionStep) -> tuple[RgbImage, Float32Array]:
    height, width = image.shape[:2]
    wh = (max(32, round(width * step.scale)), max(32, round(height * step.scale)))
    if wh != (width, height):
        image = np.asarray(cv2.resize(image, wh, interpolation=_RESAMPLING[step.resampling]), np.uint8)
    if step.sharpening:
        soft = cv2.GaussianBlur(image, (0, 0), 0.9)
        image = np.asarray(cv2.addWeighted(image, 1 + step.sharpening, soft, -step.sharpening, 0), np.uint8)
    x, y = wh[0] / width, wh[1] / height
    return image, np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]], np.float32)


_SAMPLING: Final = {
    "444": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, "422": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "420": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, "440": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
}  # fmt: skip


def _encoded(image: RgbImage, step: TransmissionStep) -> bytes:
    if step.format != "jpeg":
        return _other_format(image, step)
    if step.tables == "phone" or step.quality != step.chroma_quality:
        return _own_tables_jpeg(image, step)
    flags = [
        cv2.IMWRITE_JPEG_QUALITY, step.quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _SAMPLING[step.sampling],
        cv2.IMWRITE_JPEG_PROGRESSIVE, int(step.progressive),
    ]  # fmt: skip
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)[1].tobytes())


def _other_format(image: RgbImage, step: TransmissionStep) -> bytes:
    if step.format == "png":
        return pixels.saved(image, 100, "png")
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=step.quality, method=1)  # OpenCV takes four times as long
    return file.getvalue()


def _own_tables_jpeg(image: RgbImage, step: TransmissionStep) -> bytes:
    """A JPEG with custom tables (OpenCV would ignore the subsampling)."""
    qualities = (step.quality, step.chroma_quality)
    draw = _phone_table if step.tables == "phone" else _standard_table
    tables = [draw(number, quality) for number, quality in enumerate(qualities)]
    sampling = {"444": 0, "422": 1, "440": 1, "420": 2}[step.sampling]
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", qtables=tables, subsampling=sampling, progressive=step.progressive)
    return file.getvalue()


@cache
def _phone_table(number: int, quality: int) -> list[int]:
    """A table that rises evenly with the frequency, as several phone makers use; `number` 0 is luma's, 1 chroma's."""
    frequency = np.add.outer(np.arange(8), np.arange(8))
    coarse = (101 - quality) / (12, 9)[number]
    return [int(value) for value in np.clip(np.round(coarse * (0.55 + 0.32 * frequency)), 1, 255).ravel()]


@cache
def _standard_table(number: int, quality: int) -> list[int]:
    """The table of ITU-T T.81, Annex K, scaled as libjpeg does; Pillow writes it unscaled at quality 50."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=50)
    file.seek(0)
    unscaled = np.asarray(JpegImageFile(file).quantization[number])
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [int(value) for value in np.clip((unscaled * scale + 50) // 100, 1, 255)]
