"""Interprets libjpeg-turbo's warnings, damage or harmless; it returns pixels either way."""

import re
from typing import Any, Final

import simplejpeg

from img_super.domain import RgbImage
from img_super.errors import BrokenImage
from img_super.pipeline.jpeg_file import mended

_DAMAGE: Final = ("Corrupt JPEG data", "Premature end")
_LEFT_OVER: Final = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
_FEW: Final = 2
"""Cameras leave that many bytes behind the picture; more are of a picture that was decoded wrongly."""


def decode_warily(data: bytes, colours: str, **options: Any) -> RgbImage:
    """Decode despite harmless warnings. Raises ValueError for damage and undecodable files."""
    try:
        return _decode(data, colours, **options)
    except ValueError as error:
        if is_damage(error):
            raise
    return _decode(data, colours, strict=False, **options)


def stored_size(data: bytes) -> tuple[int, int]:
    """Width and height by libjpeg-turbo. Raises ValueError."""
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
    except KeyError as error:  # colour spaces unknown to simplejpeg
        raise ValueError("The colours are of an unknown kind.") from error
    return width, height


def is_damage(warning: ValueError) -> bool:
    """Whether pixels were lost. The warning is the first one of a file: nothing went wrong before it."""
    left_over = _LEFT_OVER.match(str(warning))
    if left_over and int(left_over[1]) <= _FEW:
        return False
    return str(warning).startswith(_DAMAGE)


def sound(data: bytes) -> bytes:
    """The file, or its picture alone if that decodes without damage. Raises `BrokenImage`."""
    for picture in (data, mended(data)):
        try:
            decode_warily(picture, "GRAY", min_height=1, min_width=1, min_factor=8)
        except ValueError as error:
            if not is_damage(error):
                return data  # another decoder may accept it
        else:
            return picture
    raise BrokenImage()


def _decode(data: bytes, colours: str, **options: Any) -> RgbImage:
    try:
        pixels: RgbImage = simplejpeg.decode_jpeg(data, colours, **options)
    except KeyError as error:
        raise ValueError("The colours are of an unknown kind.") from error
    return pixels
