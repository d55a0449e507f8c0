"""The forms in which a caller in Python may hand over a photo. Over HTTP it is always bytes."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np

from img_super.domain import RgbImage
from img_super.errors import TooManyPixels
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits

Photo: TypeAlias = bytes | PathLike[str] | RgbImage
"""The bytes of an image file, its path (a `pathlib.Path`), or its pixels: RGB uint8, height x width x 3."""


def pixels_of(photo: Photo, limits: DecodeLimits) -> RgbImage:
    """The pixels of a photo: RGB uint8, height x width x 3; an array that is such is taken as it is.

    Raises:
        InputError: the bytes are not an image that can be read, or it costs more than `limits` allow.
        OSError: there is no such file, or it must not be read.
        TypeError: it is none of the three forms, or an array of another shape or kind.
    """
    match photo:
        case bytes():
            return decode_image(photo, limits)
        case PathLike():
            return decode_image(Path(photo).read_bytes(), limits)
        case np.ndarray():
            return _checked(photo, limits)
    raise TypeError("A photo is the bytes of an image file, a pathlib.Path, or an RGB array of uint8.")


def _checked(image: RgbImage, limits: DecodeLimits) -> RgbImage:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise TypeError(f"An array must be RGB uint8, height x width x 3; this is {image.dtype} {image.shape}.")
    height, width = image.shape[:2]
    if width * height > limits.max_pixels:
        raise TooManyPixels.over(limits.max_pixels, width, height)
    return image
