"""Decodes image files to RGB pixels, upright by EXIF; refuses costly files before decoding.

Input from the network is decoded in a separate process (`decoder_process`).
"""

from typing import Final

import cv2
import numpy as np
import pi_heif
from PIL import AvifImagePlugin, Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, InputError, TooManyPixels
from img_super.pipeline.colours import to_srgb
from img_super.pipeline.decode_limits import DecodeLimits, TimedBytes, refuse_costly, refuse_costly_jpeg
from img_super.pipeline.formats import require_type
from img_super.pipeline.jpeg_file import read_jpeg
from img_super.pipeline.jpeg_steps import has_step
from img_super.pipeline.jpeg_warnings import sound
from img_super.pipeline.orientation import exif_orientation, orientation_of
from img_super.pipeline.png_file import png_picture, webp_picture
from img_super.pipeline.tiff_file import (
    ORIENTATION,
    deep_bits,
    first_directory,
    is_negative,
    pixel_height,
    refuse_tiff,
    why_not_opened,
)

DEFAULT_LIMITS: Final = DecodeLimits()

_DEEP_GREY_MODES: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_MOST_PAGES: Final = 5
"""Pages looked through for the first that is not blank."""

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # one thread per photo
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False)


def decode_image(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS) -> RgbImage:
    """Decode a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file, in any colour mode, as displayed.

    If the limits allow it, also the first page of a PDF.

    Grey, palette, 16-bit and CMYK images become RGB, wide gamuts sRGB; transparency becomes white. Of several frames
    the first is decoded, of several pages the first that is not blank. Returns RGB uint8, height x width x
    3.

    Raises:
        NotAnImage: the first bytes are not those of a supported type.
        UnsupportedVariant: a rare variant of a supported type.
        TooManyPixels: the header declares more than the limits allow; nothing was decoded.
        DecodeTooSlow: decoding would exceed, or has exceeded, its budget.
        BrokenImage: the file is truncated or damaged.
    """
    if require_type(data, limits.pdf) == "PDF":
        # Imported here, because the service itself never loads PDFium.
        from img_super.pipeline.pdf_file import first_page  # noqa: PLC0415

        return first_page(data, limits)
    return read_pixels(open_image(data, limits))


def open_image(data: bytes, limits: DecodeLimits) -> ImageFile:
    """Read only the header and refuse costly images; raises like `decode_image`."""
    image_type = require_type(data)
    match image_type:
        case "JPEG":
            return _open_jpeg(data, limits)
        case "PNG":
            data = png_picture(data)
        case "TIFF":
            _refuse_tiff(data)
    try:
        image = _open(data, image_type, limits)
    except BrokenImage as error:
        if image_type == "TIFF":
            raise why_not_opened(first_directory(data)) from error
        if image_type != "WEBP":
            raise
        image = _open(webp_picture(data), image_type, limits)
    refuse_costly(image.size, image_type, limits)
    return image


def read_pixels(image: Image.Image) -> RgbImage:
    """Decode an opened image as displayed; raises like `decode_image`."""
    try:
        image.load()
        _skip_blank_pages(image)
        if image.format == "JPEG" and has_step(np.asarray(_as_coded(image)), image.info["mcu_wh"]):
            raise BrokenImage()
        displayed = orientation_of(_orientation(image)).display(np.asarray(_to_rgb(image), dtype=np.uint8))
        return _square_pixels(image, displayed)
    except (InputError, MemoryError):  # not the file's fault: its size was checked before
        raise
    except Exception as error:  # on damaged files Pillow's plugins raise anything from OSError to struct.error
        raise BrokenImage() from error


def _open_jpeg(data: bytes, limits: DecodeLimits) -> ImageFile:
    jpeg = read_jpeg(data)
    refuse_costly_jpeg(jpeg, limits)
    image = _open(sound(data), "JPEG", limits)
    if image.size != jpeg.stored_wh:
        raise BrokenImage()
    image.info |= {"exif": jpeg.exif, "icc_profile": jpeg.profile, "mcu_wh": jpeg.mcu_wh}
    return image


def _as_coded(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _refuse_tiff(data: bytes) -> None:
    try:
        refuse_tiff(first_directory(data), data)
    except InputError:
        raise
    except Exception as error:  # a damaged directory: Pillow raises anything
        raise BrokenImage() from error


def _open(data: bytes, image_type: str, limits: DecodeLimits) -> ImageFile:
    """Read only the header, with the plugin of the sniffed type."""
    try:
        return Image.open(TimedBytes(data, limits.budget_ms), formats=(image_type,))
    except (InputError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels() from error
    except Exception as error:  # a damaged header: the plugins raise anything
        raise BrokenImage() from error


def _skip_blank_pages(image: Image.Image) -> None:
    """Go to the first page that is not blank; to the first page if all are."""
    pages = min(getattr(image, "n_frames", 1), _MOST_PAGES) if image.format == "TIFF" else 1
    first_wh = image.size
    for page in range(1, pages):
        if not _is_blank(image):
            return
        image.seek(page)
        if image.width * image.height > first_wh[0] * first_wh[1]:
            break  # its cost was not checked
        image.load()
    if pages > 1 and _is_blank(image):
        image.seek(0)
        image.load()


def _is_blank(image: Image.Image) -> bool:
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(low == high for low, high in bands)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; XMP is ignored, as in browsers. HEIC's decoder rotates by itself."""
    if image.format == "HEIF":
        return 1
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(ORIENTATION, 1))
    return exif_orientation(image.info.get("exif", b"").removeprefix(b"Exif\0\0"))


def _square_pixels(image: Image.Image, pixels: RgbImage) -> RgbImage:
    """Stretch a fax's tall pixels to squares, as displayed."""
    pixel_aspect = pixel_height(image.tag_v2) if isinstance(image, TiffImageFile) else 1.0
    if pixel_aspect == 1.0:
        return pixels
    height, width = pixels.shape[:2]
    wh = (width, round(height * pixel_aspect)) if pixel_aspect > 1 else (round(width / pixel_aspect), height)
    return cv2.resize(pixels, wh, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP_GREY_MODES:
        return _deep_grey_to_rgb(image)
    if image.has_transparency_data and not _is_alpha_unused(image):
        image = _over_white(image.convert("RGBA"), image.info.get("icc_profile"))
    elif image.mode not in ("RGB", "L", "CMYK"):
        image = _lab_to_rgb(image) if image.mode == "LAB" else image.convert("RGB")
    if profile := image.info.get("icc_profile"):
        image = to_srgb(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    flattened = Image.alpha_composite(white, to_srgb(image, profile) if profile else image).convert("RGB")
    flattened.info.pop("icc_profile", None)
    return flattened


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return ImageCms.applyTransform(image, transform) or image


def _is_alpha_unused(image: Image.Image) -> bool:
    """Some programs leave a BMP's fourth byte at zero without meaning transparency."""
    return image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema()[1] == 0


def _deep_white(image: Image.Image) -> float:
    """White as an integer; Pillow leaves 12-bit values unscaled."""
    return float((1 << deep_bits(image.tag_v2)) - 1) if isinstance(image, TiffImageFile) else 65_535.0


def _deep_grey_to_rgb(image: Image.Image) -> Image.Image:
    """Grey with more than 8 bits: Pillow would clip it at 255. Floats are read as [0, 1] if they fit."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    unit_range = image.mode == "F" and values.max(initial=0) <= 1
    white = 1.0 if unit_range else 255.0 if image.mode == "F" else _deep_white(image)
    grey = np.clip(values * (255.0 / white) + 0.5, 0, 255).astype(np.uint8)
    if isinstance(image, TiffImageFile) and is_negative(image.tag_v2):
        grey = 255 - grey
    return Image.fromarray(grey).convert("RGB")
