"""Converts colours to sRGB by their ICC profile with LittleCMS, if that makes a visible difference."""

from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageCms

from img_super.domain import RgbImage

SMALL_PROFILE_BYTES: Final = 8192
"""One of three curves and a matrix, as cameras and phones write it; those with tables are larger, and slower."""

_SPACES: Final = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SEEN: Final = 3
"""Levels of 255 by which a colour must move to be seen."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The image in sRGB; a damaged profile, or one for another colour space, is ignored.

    Modes: L, RGB, RGBA, CMYK.
    """
    if image.mode == "RGBA":
        converted = to_srgb(image.convert("RGB"), profile)
        converted.putalpha(image.getchannel("A"))
        return converted
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    return transform.apply(image)


def pixels_to_srgb(pixels: RgbImage, profile: bytes) -> RgbImage:
    """Pixels (RGB uint8) in sRGB."""
    if _transform(profile, "RGB") is None:
        return pixels
    return np.asarray(to_srgb(Image.fromarray(pixels), profile), dtype=np.uint8)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None if the colours stay the same."""
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        if opened.profile.xcolor_space.strip() != _SPACES.get(mode):
            return None
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.ImageCmsTransform(opened, _SRGB, mode, "RGB", intent)
        return transform if mode == "CMYK" or _is_seen(transform, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_seen(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether any of a few test colours changes."""
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(36, 6, 3)
    chart = Image.fromarray(colours).convert(mode)
    before, after = np.asarray(chart.convert("RGB"), np.int16), np.asarray(transform.apply(chart), np.int16)
    return bool(np.abs(after - before).max() >= _SEEN)
