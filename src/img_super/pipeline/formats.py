"""Identifies files by their first bytes: supported types, and others that the error names."""

from typing import Final

from img_super.errors import NotAnImage

_READ: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
"""The beginning of a file and Pillow's name of its kind."""

_NAMED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "a GIF"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\1\0", "an icon (ICO)"),
    (b"8BPS", "a Photoshop file"),
    (b"P4", "a PBM image"),
    (b"P5", "a PGM image"),
    (b"P6", "a PPM image"),
    (b"qoif", "a QOI image"),
    (b"%!PS", "a PostScript file"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML file, perhaps an SVG drawing"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"PK\3\4", "a ZIP archive or an office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"II\xbc\x01", "a JPEG XR image"),
    (b"IIRO", "a camera's raw file"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"data:", "the text of a data URI, not an image"),
)

_A_PDF: Final = "a PDF"
_PDF_HEAD: Final = b"%PDF-"
_PDF_HEAD_WITHIN_BYTES: Final = 1024

_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_LONGEST_BRANDS_BYTES: Final = 256


def sniff_type(data: bytes) -> str | None:
    """Pillow's name of the image type by the first bytes, or None."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    return next((name for signature, name in _READ if data.startswith(signature)), None)


def require_type(data: bytes, pdf: bool = False) -> str:
    """Pillow's name of the image type. Raises `NotAnImage`, which names the file's type if known.

    `pdf`: whether a PDF counts as an image.
    """
    image_type = sniff_type(data)
    if image_type is not None:
        return image_type
    name = _name(data)
    if pdf and name == _A_PDF:
        return "PDF"
    raise NotAnImage.named(name) if name else NotAnImage()


def _of_brands(data: bytes) -> str | None:
    """The type of an ISO base media file: by its major brand, then its compatible brands."""
    box_bytes = min(int.from_bytes(data[:4], "big"), _LONGEST_BRANDS_BYTES)
    brands = {data[8:12]} | {data[at : at + 4] for at in range(16, box_bytes, 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _name(data: bytes) -> str | None:
    """The name of an unsupported type. Some programs write a few lines before a PDF's header."""
    if data[:4] == b"RIFF":
        return "a sound or video file"
    if data[4:8] == b"ftyp":
        return "a camera's raw file" if data[8:11] == b"crx" else "a video"
    if data[128:132] == b"DICM":
        return "a DICOM file"
    head = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    name = next((name for signature, name in _NAMED if head.startswith(signature)), None)
    return name or (_A_PDF if _PDF_HEAD in data[:_PDF_HEAD_WITHIN_BYTES] else None)
