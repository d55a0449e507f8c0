"""Image files made to do harm: bombs, loops, lies, polyglots, oddities; each is made anew from a few lines."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

END_OF_IMAGE = b"\xff\xd9"
START_OF_SCAN = b"\xff\xda"
EXIF_LOOP = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"
"""An EXIF directory whose sub-directory, and whose next directory, is itself."""


def image_file(image: Image.Image, image_format: str, **options: object) -> bytes:
    """The bytes of an image file."""
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def repaired_png(data: bytes) -> bytes:
    """The same chunks with the checksums that they should have."""
    at, parts = 8, [data[:8]]
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : end - 4]
        parts += [data[at : at + 4], body, struct.pack(">I", zlib.crc32(body))]
        at = end
    return b"".join(parts)


def png(width: int, height: int, pixels: bytes, *more: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG whose header says one thing and whose data (zlib) may say another."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def tiff(*tags: tuple[int, int, int], data: bytes = b"", next_directory: int = 0) -> bytes:
    """A TIFF of one directory; each tag is number, type (3 short, 4 long), value; 0 as offset means `data`."""
    data_at = 8 + 2 + 12 * len(tags) + 4
    rows = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", data_at if tag in (273, 324) else value)
        for tag, kind, value in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + struct.pack("<I", next_directory) + data


def bmp_runs(width: int, height: int, runs: int) -> bytes:
    """A run-length coded BMP of very short runs: Pillow reads it byte by byte, in Python."""
    body = b"\1\5" * runs + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    at = 14 + len(header) + 1024
    return b"BM" + struct.pack("<IHHI", at + len(body), 0, 0, at) + header + b"\0" * 1024 + body


def jpeg_scans(side_px: int, scans: int) -> bytes:
    """A progressive JPEG that goes over the whole image once more for every few bytes."""
    plain = image_file(Image.new("L", (side_px, side_px), 128), "JPEG", progressive=True)
    last, end = plain.rfind(START_OF_SCAN), plain.rfind(END_OF_IMAGE)
    return plain[:end] + plain[last:end] * scans + END_OF_IMAGE


def tiff_tile(side_px: int, tile_side_px: int) -> bytes:
    """A small TIFF of one huge tile."""
    sizes = [(256, 4, side_px), (257, 4, side_px), (322, 4, tile_side_px), (323, 4, tile_side_px)]
    data = zlib.compress(b"\0" * 1000)
    kinds = [(258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1), (324, 4, 0), (325, 4, len(data))]
    return tiff(*sorted(sizes + kinds), data=data)


def tiff_strip(width: int, height: int, data: bytes, compression: int = 8, next_directory: int = 0) -> bytes:
    """A grey TIFF of one strip; compression 8 is deflate, 1 none."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1), (273, 4, 0)]
    return tiff(*tags, (278, 4, height), (279, 4, len(data)), data=data, next_directory=next_directory)


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Every file of the corpus with its name. None is an ordinary photo; some can be decoded all the same."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    yield from _bombs()
    yield from _lies(noise)
    yield from _oddities(noise)
    yield from _polyglots(noise)
    for image_format in ("JPEG", "PNG", "WEBP", "BMP", "TIFF"):
        whole = image_file(noise, image_format)
        yield from ((f"{image_format} cut at {percent} %", whole[: len(whole) * percent // 100]) for percent in CUTS)
        yield from ((f"{image_format} with bit {bit} flipped", flipped(whole, bit)) for bit in range(0, 4000, 97))


CUTS = range(0, 100, 5)


def flipped(data: bytes, bit: int) -> bytes:
    """The data with one bit turned over, counted from the beginning and around."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def _bombs() -> Iterator[tuple[str, bytes]]:
    zeros = zlib.compress(b"\0" * 30_000_000, 9)
    yield "PNG of 65,535 pixels a side", png(65_535, 65_535, zeros)
    yield "PNG of 2,147,483,647 pixels a side", png(2**31 - 1, 2**31 - 1, zeros)
    yield "PNG of one pixel with 30 MB behind it", png(1, 1, zeros)
    yield "PNG with a text of 30 MB", png(8, 8, zlib.compress(b"\0" * 200), png_chunk(b"zTXt", b"a\0\0" + zeros))
    yield "PNG with a profile of 30 MB", png(8, 8, zlib.compress(b"\0" * 200), png_chunk(b"iCCP", b"a\0\0" + zeros))
    yield "PNG of no width", png(0, 10, zeros)
    yield "TIFF of 65,535 pixels a side", tiff_strip(65_535, 65_535, zeros)
    yield "TIFF of 4,294,967,295 pixels a side", tiff_strip(2**32 - 1, 2**32 - 1, zeros)
    yield "TIFF whose strip is larger than said", tiff_strip(10, 10, zeros)
    yield "TIFF of one huge tile", tiff_tile(100, 40_000)
    yield "BMP of very many runs", bmp_runs(3000, 3000, 1_900_000)
    yield "BMP of 65,535 pixels a side", bmp_runs(65_535, 65_535, 10)
    yield "JPEG of very many scans", jpeg_scans(2000, 2000)
    yield "GIF of 65,535 pixels a side", b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"," + b"\0" * 50
    yield "WebP of 16,384 pixels a side", _webp_canvas(16_384, 16_384)


def _webp_canvas(width: int, height: int) -> bytes:
    canvas = b"\x02\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", len(canvas)) + canvas + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _lies(noise: Image.Image) -> Iterator[tuple[str, bytes]]:
    jpeg = bytearray(image_file(noise, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    for height, width in [(65_535, 65_535), (65_500, 700), (1, 1), (0, 0), (91, 121)]:
        jpeg[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
        yield f"JPEG that says {width} x {height}", bytes(jpeg)
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * 30 for _ in range(10)))
    yield "PNG that says more than it has", png(4000, 4000, rows)
    yield "PNG that says less than it has", png(2, 2, rows)
    yield "TIFF whose next directory is itself", tiff_strip(10, 10, b"\x80" * 100, 1, next_directory=8)
    yield "JPEG with an EXIF that is a loop", image_file(noise, "JPEG", exif=EXIF_LOOP)
    yield "PNG with an EXIF that is a loop", image_file(noise, "PNG", exif=EXIF_LOOP)


def _oddities(noise: Image.Image) -> Iterator[tuple[str, bytes]]:
    yield "CMYK JPEG", image_file(noise.convert("CMYK"), "JPEG")
    yield "CMYK TIFF", image_file(noise.convert("CMYK"), "TIFF", compression="tiff_lzw")
    yield "16-bit grey PNG", image_file(Image.fromarray(np.arange(9000, dtype=np.uint16).reshape(90, 100)), "PNG")
    yield "float TIFF of nothing but NaN", image_file(Image.new("F", (40, 40), float("nan")), "TIFF")
    yield "1-bit PNG", image_file(noise.convert("1"), "PNG")
    yield "palette PNG with transparency", image_file(noise.convert("P"), "PNG", transparency=3)
    yield "Lab TIFF", image_file(noise.convert("LAB"), "TIFF")
    yield "YCbCr TIFF", image_file(noise.convert("YCbCr"), "TIFF")
    yield "JPEG of one pixel", image_file(Image.new("RGB", (1, 1)), "JPEG")
    yield "PNG of 65,535 x 1", image_file(Image.new("L", (65_535, 1)), "PNG")
    yield "JPEG of 1 x 65,500", image_file(Image.new("L", (1, 65_500)), "JPEG")
    yield "nothing", b""
    yield "one byte", b"\xff"


def _polyglots(noise: Image.Image) -> Iterator[tuple[str, bytes]]:
    jpeg, webp = image_file(noise, "JPEG"), image_file(noise, "WEBP")
    yield "JPEG that is a ZIP, too", jpeg + b"PK\x05\x06" + b"\0" * 18
    yield "JPEG that is a page, too", jpeg[:2] + b"\xff\xfe\0\x1b<script>alert(1)</script>" + jpeg[2:]
    yield "PDF with a JPEG inside", b"%PDF-1.4\n" + jpeg
    yield "SVG that opens a file", b'<svg><image href="file:///etc/passwd"/></svg>'
    yield "PostScript that opens a file", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n"
    yield "BMP whose rest is a JPEG", b"BM" + jpeg
    yield "JPEG's beginning on a PNG", b"\xff\xd8\xff" + image_file(noise, "PNG")
    yield "WebP's head on a JPEG", webp[:12] + jpeg
    yield "pickle", b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x05posix\x94."
    yield "HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
