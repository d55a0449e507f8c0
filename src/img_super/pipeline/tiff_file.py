"""Checks a TIFF's directory before its pixels: inconsistent files are refused, unsupported ones named."""

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from img_super.errors import BrokenImage, InputError, UnsupportedVariant

WIDTH, HEIGHT = 256, 257
BITS, COMPRESSION, STRIPS, STRIP_BYTES, X_RESOLUTION, Y_RESOLUTION = 258, 259, 273, 279, 282, 283
ORIENTATION, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, SAMPLE_FORMAT, PHOTOMETRIC = 274, 322, 323, 324, 325, 339, 262
MAX_TILE_PIXELS: Final = 4096 * 4096
"""Of a TIFF smaller than this; libtiff takes the memory of a whole tile, however small the image is."""

PLANES: Final = 284
_APART: Final = 2
_SHORT: Final = 3

# Pillow knows 16-bit white-is-zero in one byte order only; `is_negative` inverts both.
TiffImagePlugin.OPEN_INFO[(b"MM", 0, (1,), 1, (16,), ())] = ("I;16B", "I;16B")
_FLOAT, _COMPLEX = 3, (5, 6)

_COMPRESSIONS: Final = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000, 50001, 32771})
_NAMES: Final = {
    6: "a TIFF with old-style JPEG",
    33003: "a TIFF with JPEG 2000 inside",
    33004: "a TIFF with JPEG 2000 inside",
    33005: "a TIFF with JPEG 2000 inside",
    34712: "a TIFF with JPEG 2000 inside",
    34892: "a TIFF with lossless JPEG inside",
    34887: "a TIFF with LERC inside",
    50002: "a TIFF with JPEG XL inside",
    52546: "a TIFF with JPEG XL inside",
}
_PHOTOMETRICS: Final = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "Lab"}
_OLD_JPEG: Final = 6
_LOSSLESS_FRAMES: Final = (b"\xff\xc3", b"\xff\xf7")


def first_directory(data: bytes) -> ImageFileDirectory_v2:
    """The tags of the first page. Raises what Pillow raises on damaged ones."""
    big = data[2] in (0x2B, 0) and 0x2B in data[2:4]
    directory = ImageFileDirectory_v2(data[:16] if big else data[:8])
    file = BytesIO(data)
    file.seek(directory.next)
    directory.load(file)
    return directory


def why_not_opened(tags: ImageFileDirectory_v2) -> InputError:
    """Why Pillow does not open a TIFF: if its directory is sound, the pixel format is unsupported."""
    if not all(_first(tags, tag, 0) > 0 for tag in (WIDTH, HEIGHT)) or not (STRIPS in tags or TILES in tags):
        return BrokenImage()
    bits = _numbers(tags, BITS) or (1,)
    kind = _PHOTOMETRICS.get(_first(tags, PHOTOMETRIC, 1), "unusual colours")
    return UnsupportedVariant.named(f"a TIFF of {kind} with {len(bits)} x {bits[0]} bits")


def refuse_tiff(tags: ImageFileDirectory_v2, data: bytes) -> None:
    """Check the tags of a page.

    Raises `BrokenImage`: strips or tiles overlap or exceed the file; the orientation is not one number;
    `UnsupportedVariant`: a compression or sample format that is not supported.
    """
    if tags.tagtype.get(ORIENTATION, _SHORT) != _SHORT or len(_numbers(tags, ORIENTATION)) > 1:
        raise BrokenImage("The file's orientation is not one number; save it again as a standard JPEG.")
    for offsets, sizes in ((STRIPS, STRIP_BYTES), (TILES, TILE_BYTES)):
        _refuse_overlap(_numbers(tags, offsets), _numbers(tags, sizes), len(data))
    wide, high = _first(tags, WIDTH, 0), _first(tags, HEIGHT, 0)
    if _tile_pixels(tags) > max(MAX_TILE_PIXELS, wide * high):
        raise BrokenImage()
    _refuse_unread(tags, data)


def _refuse_unread(tags: ImageFileDirectory_v2, data: bytes) -> None:
    compression = _first(tags, COMPRESSION, 1)
    if compression not in _COMPRESSIONS and compression != _OLD_JPEG:
        raise UnsupportedVariant.named(_NAMES.get(compression, f"a TIFF with compression {compression}"))
    offset = next(iter(_numbers(tags, STRIPS) or _numbers(tags, TILES)), 0)
    if compression == 7 and any(frame in data[offset : offset + 1024] for frame in _LOSSLESS_FRAMES):
        raise UnsupportedVariant.named("a TIFF with lossless JPEG inside")
    bits, kind = _numbers(tags, BITS) or (1,), _first(tags, SAMPLE_FORMAT, 1)
    if kind not in (_FLOAT, *_COMPLEX) and max(bits) > 16:
        raise UnsupportedVariant.named(f"a TIFF of whole numbers with {len(bits)} x {bits[0]} bits")
    if _first(tags, PLANES, 1) == _APART and len(bits) > 1 and max(bits) > 8:
        raise UnsupportedVariant.named(f"a TIFF of {len(bits)} x {bits[0]} bits with each colour apart")
    if kind in _COMPLEX or (kind == _FLOAT and bits != (32,)):
        raise UnsupportedVariant.named(f"a TIFF of floating-point numbers ({len(bits)} x {bits[0]} bits)")


def _refuse_overlap(offsets: Sequence[int], sizes: Sequence[int], file_bytes: int) -> None:
    if sum(sizes) > file_bytes:
        raise BrokenImage("The file declares more data than it holds; save it again as a standard JPEG.")
    places = sorted(zip(offsets, sizes, strict=False))
    if any(size and at + size > after for (at, size), (after, _) in pairwise(places)):
        raise BrokenImage("Parts of the file overlap; save it again as a standard JPEG.")


def _numbers(tags: ImageFileDirectory_v2, tag: int) -> tuple[int, ...]:
    value = tags.get(tag, ())
    values = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in values if isinstance(number, int))


def _first(tags: ImageFileDirectory_v2, tag: int, default: int) -> int:
    return next(iter(_numbers(tags, tag)), default)


def _tile_pixels(tags: ImageFileDirectory_v2) -> int:
    """The pixels of one tile; libtiff allocates a whole one, however small the image is."""
    return _first(tags, TILE_WIDTH, 0) * _first(tags, TILE_HEIGHT, 0)


def is_negative(tags: ImageFileDirectory_v2) -> bool:
    """Whether white is zero; Pillow inverts this for images of up to 8 bits, but not for deeper ones."""
    return _first(tags, PHOTOMETRIC, 1) == 0


def deep_bits(tags: ImageFileDirectory_v2) -> int:
    """The bits per sample of a grey image with more than 8."""
    return _first(tags, BITS, 16)


def pixel_height(tags: ImageFileDirectory_v2) -> float:
    """The height of a pixel relative to its width; 2 for coarse faxes."""
    try:
        ratio = float(tags.get(X_RESOLUTION, 1)) / float(tags.get(Y_RESOLUTION, 1))
    except (TypeError, ValueError, ZeroDivisionError):
        return 1.0
    return ratio if 1.2 <= ratio <= 3 or 1 / 3 <= ratio <= 1 / 1.2 else 1.0
