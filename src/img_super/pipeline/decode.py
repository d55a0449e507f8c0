"""From the bytes of an image file to RGB pixels, upright by EXIF, with every refusal before the costly work."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, InputError, NotAnImage, TooManyPixels
from img_super.pipeline.decode_limits import DecodeLimits, TimedBytes, refuse_costly

DEFAULT_LIMITS: Final = DecodeLimits()

_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_DEEP_GREY_MODES: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")


def decode_image(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> RgbImage:
    """Decode a JPEG, PNG, WebP, BMP or TIFF file, whatever its colour mode, as it is meant to be displayed.

    Grey, palette, 16-bit and CMYK images become RGB; transparent ones are laid over white. Of several frames or
    pages the first is taken.

    Returns:
        RGB uint8, height x width x 3.

    Raises:
        NotAnImage: the first bytes are not those of a supported type.
        TooManyPixels: the header announces more than the limits allow; nothing has been decoded then.
        DecodeTooSlow: the decoding would take, or has taken, more than its budget.
        BrokenImage: the file is truncated or damaged.
    """
    return read_pixels(open_image(data, limits))


def open_image(data: bytes, limits: DecodeLimits) -> ImageFile:
    """Read the header alone and refuse what would cost too much; raises as `decode_image` does."""
    image_type = sniff_type(data)
    if image_type is None:
        raise NotAnImage()
    image = _open(data, image_type, limits)
    refuse_costly(image, image_type, data, limits)
    return image


def read_pixels(image: Image.Image) -> RgbImage:
    """Decode an opened image whole, as it is meant to be displayed; raises as `decode_image` does."""
    try:
        image.load()
        _turn_upright(image)
        return np.asarray(_to_rgb(image), dtype=np.uint8)
    except (InputError, MemoryError):  # memory is not the file's fault: its size was looked at before
        raise
    except Exception as error:  # on damaged files Pillow's plugins raise anything from OSError to struct.error
        raise BrokenImage() from error


def sniff_type(data: bytes) -> str | None:
    """Pillow's name of the image type that the first bytes tell, or None."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)


def _open(data: bytes, image_type: str, limits: DecodeLimits) -> ImageFile:
    """Read the header alone; only the plugin of the sniffed type sees the bytes."""
    try:
        return Image.open(TimedBytes(data, limits.budget_ms), formats=(image_type,))
    except (InputError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels() from error
    except Exception as error:  # a damaged header: the plugins raise anything
        raise BrokenImage() from error


def _turn_upright(image: Image.Image) -> None:
    """Apply the EXIF orientation in place. EXIF that cannot be read says nothing; the pixels may still be good."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # noqa: BLE001 Pillow raises anything on damaged EXIF
        return


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image  # `convert` would copy it: 200 MB for the largest photo
    if image.mode in _DEEP_GREY_MODES:
        return _deep_grey_to_rgb(image)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _deep_grey_to_rgb(image: Image.Image) -> Image.Image:
    """Grey with more than 8 bits: Pillow would clip it at 255. Floats are read as [0, 1] where they fit."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    unit_range = image.mode == "F" and values.max(initial=0) <= 1
    white = 1.0 if unit_range else 255.0 if image.mode == "F" else 65_535.0
    grey = np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")
