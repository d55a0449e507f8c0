"""Small image files with a high decoding cost, each drawn from numbers that can be mutated.

`FORMATS[name]` turns a `Draw` into a file; the same numbers give the same file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from img_super.pipeline.decode_limits import MAX_PIXELS
from tests.hostile.files import END_OF_IMAGE, START_OF_SCAN, bmp_runs, image_file, png, png_chunk
from tests.real_files import HEIC

GENES: Final = 24
_MB: Final = 1_000_000
_FEWEST_PIXELS: Final = 10_000


class Draw:
    """Draws from its numbers in [0, 1) in turn, cyclically."""

    def __init__(self, genes: Sequence[float]) -> None:
        self._genes, self._at = genes, 0

    def unit(self) -> float:
        """The next number."""
        self._at += 1
        return self._genes[(self._at - 1) % len(self._genes)]

    def of(self, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        return choices[int(self.unit() * len(choices))]

    def between(self, least: float, most: float) -> int:
        """An integer, log-uniformly distributed."""
        return int(least * (most / least) ** self.unit() + 0.5)

    def sides(self, most_pixels: int = MAX_PIXELS, most_side: int = 65_000) -> tuple[int, int]:
        """Width and height, often the maximum."""
        pixels = most_pixels if self.unit() < 0.3 else self.between(_FEWEST_PIXELS, most_pixels)
        wide = min(most_side, max(1, self.between(1, pixels) if self.unit() < 0.2 else int(pixels**0.5)))
        return wide, max(1, min(most_side, pixels // wide))


def picture(draw: Draw, wh: tuple[int, int], mode: str) -> Image.Image:
    """Flat, noisy, or a tiled noisy square; `mode` is Pillow's."""
    wide, high = wh
    side = min(wide, high, draw.of((1, 8, 64, 512)))
    bands = len(Image.new(mode, (1, 1)).getbands())
    noise = np.random.default_rng(draw.between(1, 99)).integers(0, 256, (side, side, bands), dtype=np.uint8)
    tile = Image.fromarray(noise.squeeze(-1) if bands == 1 else noise, "L" if bands == 1 else mode)
    row = Image.new(tile.mode, (wide, side))
    for x in range(0, wide, side):
        row.paste(tile, (x, 0))
    whole = Image.new(tile.mode, wh)
    for y in range(0, high, side):
        whole.paste(row, (0, y))
    return whole.convert(mode)


def jpeg(draw: Draw) -> bytes:
    """Many pixels, colours, scans; or a header that declares more than there is."""
    wh = draw.sides()
    progressive = draw.unit() < 0.4
    options = {"quality": draw.between(1, 100), "subsampling": draw.of((0, 1, 2)), "progressive": progressive}
    data = image_file(picture(draw, wh, draw.of(("L", "RGB", "CMYK"))), "JPEG", **options)
    if progressive and draw.unit() < 0.7:
        last, end = data.rfind(START_OF_SCAN), data.rfind(END_OF_IMAGE)
        data = data[:end] + data[last:end] * draw.between(1, 90) + END_OF_IMAGE
    return _with_another_head(draw, data)


def _with_another_head(draw: Draw, data: bytes) -> bytes:
    """A wrong size in the header, or arithmetic coding, which accepts any data."""
    changed = bytearray(data)
    at = next((data.find(bytes([0xFF, marker]), 2) for marker in (0xC0, 0xC2) if bytes([0xFF, marker]) in data), -1)
    if at > 0 and draw.unit() < 0.3:
        changed[at + 1] = {0xC0: 0xC9, 0xC2: 0xCA}[changed[at + 1]]
    if at > 0 and draw.unit() < 0.3:
        changed[at + 5 : at + 9] = struct.pack(">HH", *draw.sides()[::-1])
    return bytes(changed)


def png_file(draw: Draw) -> bytes:
    """Every pixel type, interlaced or not, each row with its own filter; with text, profile and EXIF."""
    colour, depth = draw.of(((0, 1), (0, 8), (0, 16), (2, 8), (2, 16), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)))
    wide, high = draw.sides()
    bits = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth
    seed, side = draw.between(1, 99), draw.of((1, 64, 4096))
    noise = np.random.default_rng(seed).integers(0, 256, min(side, wide * bits // 8 + 1), dtype=np.uint8).tobytes()
    row = bytes([draw.of(range(5))]) + (noise * (wide * bits // 8 // len(noise) + 1))[: -(-wide * bits // 8)]
    packing = zlib.compressobj(draw.of((1, 9)))
    pixels = b"".join([*(packing.compress(row) for _ in range(high)), packing.flush()])
    more = [png_chunk(b"PLTE", bytes(range(256)) * 3)] if colour == 3 else []
    if draw.unit() < 0.3:
        more.append(png_chunk(b"tRNS", b"\0" * {0: 2, 2: 6, 3: 256}.get(colour, 2)))
    if draw.unit() < 0.3:
        kind = draw.of((b"iCCP", b"zTXt", b"eXIf"))
        more.append(png_chunk(kind, b"a\0\0" + zlib.compress(b"\0" * draw.between(1000, 20 * _MB))))
    data = png(wide, high, pixels, *more, depth=depth, colour=colour)
    if draw.unit() < 0.3:  # the data are then read in seven passes
        head = data[16:28] + b"\1"
        data = data[:8] + png_chunk(b"IHDR", head) + data[33:]
    return data


def webp(draw: Draw) -> bytes:
    """Lossy or lossless, transparent or not."""
    wh = draw.sides(most_side=16_383)
    options = {"lossless": draw.unit() < 0.5, "quality": draw.between(1, 100), "method": draw.of((0, 1))}
    return image_file(picture(draw, wh, draw.of(("RGB", "RGBA"))), "WEBP", **options)


def avif(draw: Draw) -> bytes:
    """Fast to encode, slow to decode."""
    wh = draw.sides(most_pixels=8 * _MB)
    options = {"quality": draw.between(1, 100), "subsampling": draw.of(("4:2:0", "4:4:4")), "speed": draw.of((9, 10))}
    return image_file(picture(draw, wh, draw.of(("RGB", "RGBA"))), "AVIF", **options, max_threads=1)


def heif(draw: Draw) -> bytes:
    """A small picture with a wrong size; there is no encoder, so the rest is left to mutation."""
    data = bytearray(HEIC)
    at = data.index(b"ispe") + 8
    if draw.unit() < 0.5:
        data[at : at + 8] = struct.pack(">II", *draw.sides())
    return bytes(data)


def bmp(draw: Draw) -> bytes:
    """The shortest runs, or plain pixels of few bits."""
    if draw.unit() < 0.6:
        return bmp_runs(*draw.sides(), draw.between(10, 8 * _MB))
    return image_file(picture(draw, draw.sides(5 * _MB), draw.of(("1", "L", "RGB", "P"))), "BMP")


def tiff(draw: Draw) -> bytes:
    """All compressions, strip and tile sizes, and several pages, the first ones blank."""
    compression = draw.of((None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "group3", "group4", "jpeg", "zstd",
                           "lzma", "webp"))  # fmt: skip
    one_bit = compression in ("group3", "group4")
    mode = "1" if one_bit else draw.of(("RGB",) if compression == "webp" else ("L", "RGB", "CMYK", "RGBA"))
    if compression == "jpeg" and mode == "RGBA":
        mode = "RGB"
    wh = draw.sides(draw.of((2 * _MB, MAX_PIXELS if compression not in (None, "lzma", "webp") else 5 * _MB)))
    tags = {278: draw.between(1, wh[1])}  # rows per strip
    if draw.unit() < 0.3 and compression in ("tiff_lzw", "tiff_adobe_deflate", "zstd"):
        tags[317] = 2  # predictor
    pages = [Image.new(mode, wh) for _ in range(draw.of((0, 0, 1, 4)))]
    options: dict[str, Any] = {"compression": compression, "tiffinfo": tags}
    file, last = BytesIO(), picture(draw, wh, mode)
    first, *others = [*pages, last]
    first.save(file, "TIFF", save_all=bool(others), append_images=others, **options)
    return file.getvalue()


FORMATS: Final[dict[str, Callable[[Draw], bytes]]] = {
    "JPEG": jpeg,
    "PNG": png_file,
    "WEBP": webp,
    "AVIF": avif,
    "HEIF": heif,
    "BMP": bmp,
    "TIFF": tiff,
}
