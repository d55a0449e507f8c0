"""Valid files of every supported kind: modes, depths, compressions, layouts, orientations, profiles, odd sizes.

Written by Pillow if possible, otherwise byte by byte; they show no person.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from tests.hostile.files import image_file, png, png_chunk

Samples: TypeAlias = npt.NDArray[Any]
Variant: TypeAlias = tuple[str, str, bytes]
"""Name, how its file's name ends, and its bytes."""

WH: Final = (97, 71)


def picture(wh: tuple[int, int] = WH) -> Image.Image:
    """Soft colours with a few hard edges, deterministic."""
    rng = np.random.default_rng(11)
    soft = Image.fromarray(rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize(wh, Image.Resampling.BICUBIC)
    pixels = np.array(soft)
    pixels[wh[1] // 3 : wh[1] // 2, wh[0] // 4 : wh[0] // 2] = (230, 40, 60)
    return Image.fromarray(pixels)


def wide_profile() -> bytes:
    """sRGB's profile with red's primary moved, as in a wide gamut."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entry = profile.index(b"rXYZ", 128)
    at = int.from_bytes(profile[entry + 4 : entry + 8], "big")
    profile[at + 8 : at + 12] = struct.pack(">I", int(0.61 * 65536))
    return bytes(profile)


def variants() -> Iterator[Variant]:
    """All variants, in a fixed order."""
    for made in (_jpegs, _small_jpegs, _small_others, _pngs, _raw_pngs, _webps, _avifs, _bmps, _tiffs, _raw_tiffs):
        yield from made()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


def _with_alpha(image: Image.Image) -> Image.Image:
    alpha = np.linspace(0, 255, image.width * image.height).reshape(image.height, image.width)
    laid = image.copy()
    laid.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return laid


def _profiles() -> dict[str, bytes]:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {"no profile": b"", "sRGB": srgb, "wide": wide_profile()}


def _jpegs() -> Iterator[Variant]:
    image = picture()
    for mode, quality, sampling, progressive in product(
        ("RGB", "L", "CMYK"), (40, 75, 95), ("4:4:4", "4:2:2", "4:2:0", "4:1:1"), (False, True)
    ):
        if mode == "RGB" or sampling == "4:4:4":
            options = {"quality": quality, "subsampling": sampling, "progressive": progressive}
            yield (
                f"JPEG {mode} q{quality} {sampling} {progressive=}",
                "jpg",
                image_file(image.convert(mode), "JPEG", **options),
            )
    for number, sampling, (name, profile) in product(range(1, 9), ("4:4:4", "4:2:0"), _profiles().items()):
        data = image_file(image, "JPEG", subsampling=sampling, quality=90, exif=_exif(number), icc_profile=profile)
        yield f"JPEG orientation {number} {sampling} {name}", "jpg", data
    for blocks in (1, 3, 10):
        yield f"JPEG restart every {blocks}", "jpg", image_file(image, "JPEG", restart_marker_blocks=blocks)


_SMALL: Final = ((1, 1), (2, 3), (8, 8), (9, 17), (16, 15), (33, 7))


def _small_jpegs() -> Iterator[Variant]:
    for wh, sampling in product(_SMALL, ("4:4:4", "4:2:2", "4:2:0")):
        yield f"JPEG {wh} {sampling}", "jpg", image_file(picture(wh), "JPEG", quality=90, subsampling=sampling)


def _small_others() -> Iterator[Variant]:
    for wh, (kind, ending) in product(_SMALL, (("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tif"))):
        options = {"lossless": True} if kind == "WEBP" else {}
        yield f"{kind} {wh}", ending, image_file(picture(wh), kind, **options)


def _pngs() -> Iterator[Variant]:
    image = picture()
    alpha = _with_alpha(image)
    modes = {
        **{mode: image.convert(mode) for mode in ("1", "L", "P", "RGB")},
        **{mode: alpha.convert(mode) for mode in ("LA", "RGBA")},
        "I;16": Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257),
    }
    for (mode, made), number in product(modes.items(), range(1, 9)):
        yield f"PNG {mode} orientation {number}", "png", image_file(made, "PNG", exif=_exif(number))
    for (name, profile), mode in product(_profiles().items(), ("RGB", "RGBA", "P")):
        yield f"PNG {mode} {name}", "png", image_file(modes[mode], "PNG", icc_profile=profile)
    for colours in (2, 4, 16, 200):
        few = image.quantize(colours)
        yield f"PNG palette of {colours}", "png", image_file(few, "PNG")
        yield f"PNG palette of {colours}, one clear", "png", image_file(few, "PNG", transparency=1)
    yield "PNG RGB, one colour clear", "png", image_file(image, "PNG", transparency=(230, 40, 60))
    yield "PNG grey, one clear", "png", image_file(image.convert("L"), "PNG", transparency=100)


_PNG_COLOURS: Final = {0: 1, 2: 3, 4: 2, 6: 4}
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _raw_pngs() -> Iterator[Variant]:
    """Depths that Pillow does not write, and interlacing."""
    for (colour, bands), depth, interlaced in product(_PNG_COLOURS.items(), (1, 2, 4, 8, 16), (False, True)):
        if depth < 8 and colour:
            continue
        samples = samples_of(bands, depth)
        passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
        parts = [samples[y::down, x::right] for x, y, right, down in passes]
        rows = b"".join(b"\0" + _packed(row, depth, ">") for part in parts if part.size for row in part)
        head = struct.pack(">IIBBBBB", *WH, depth, colour, 0, 0, interlaced)
        chunks = png_chunk(b"IHDR", head), png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")
        yield f"PNG colour {colour}, {depth} bits, {interlaced=}", "png", png(0, 0, b"")[:8] + b"".join(chunks)


def _webps() -> Iterator[Variant]:
    image = picture()
    for made, lossless, quality in product((image, _with_alpha(image)), (True, False), (20, 60, 95)):
        data = image_file(made, "WEBP", lossless=lossless, quality=quality)
        yield f"WebP {made.mode} {lossless=} q{quality}", "webp", data
    for number, (name, profile) in product(range(1, 9), _profiles().items()):
        data = image_file(image, "WEBP", lossless=True, exif=_exif(number), icc_profile=profile)
        yield f"WebP orientation {number} {name}", "webp", data


def _avifs() -> Iterator[Variant]:
    image = picture()
    for made, quality, sampling in product((image, _with_alpha(image)), (40, 90), ("4:4:4", "4:2:2", "4:2:0")):
        data = image_file(made, "AVIF", quality=quality, subsampling=sampling)
        yield f"AVIF {made.mode} q{quality} {sampling}", "avif", data
    for number, sampling in product(range(1, 9), ("4:4:4", "4:2:0")):
        data = image_file(image, "AVIF", quality=90, subsampling=sampling, exif=_exif(number))
        yield f"AVIF {sampling} orientation {number}", "avif", data


def _bmps() -> Iterator[Variant]:
    image = picture()
    for mode in ("1", "L", "P", "RGB"):
        yield f"BMP {mode}", "bmp", image_file(image.convert(mode), "BMP")
    rgb = np.asarray(image)
    for bits, top_down in product((16, 24, 32), (False, True)):
        yield f"BMP {bits} bits {top_down=}", "bmp", _bmp(rgb, bits, top_down)


def _bmp(rgb: Samples, bits: int, top_down: bool) -> bytes:
    height, width, _ = rgb.shape
    if bits == 16:
        red, green, blue = (rgb[..., band].astype(np.uint16) >> 3 for band in range(3))
        pixels: Samples = (red << 10 | green << 5 | blue).view(np.uint8).reshape(height, -1)
    else:
        bands = [rgb[..., ::-1], np.zeros((height, width, 1), np.uint8)]
        pixels = np.concatenate(bands[: 1 + (bits == 32)], axis=2).reshape(height, -1)
    pixels = np.pad(pixels, ((0, 0), (0, -pixels.shape[1] % 4)))
    body = (pixels if top_down else pixels[::-1]).tobytes()
    high = -height if top_down else height
    head = struct.pack("<IiiHHIIiiII", 40, width, high, 1, bits, 0, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + head + body


def _tiffs() -> Iterator[Variant]:
    image = picture()
    modes = {mode: image.convert(mode) for mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB")}
    modes |= {"LA": _with_alpha(image).convert("LA"), "RGBA": _with_alpha(image)}
    packed = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd", None)
    for (mode, made), compression in product(modes.items(), packed):
        yield f"TIFF {mode} {compression}", "tif", image_file(made, "TIFF", compression=compression)
    for mode, compression in (("1", "group3"), ("1", "group4"), ("L", "jpeg"), ("RGB", "jpeg"), ("YCbCr", "jpeg")):
        yield f"TIFF {mode} {compression}", "tif", image_file(modes[mode], "TIFF", compression=compression)
    for number, big, mode in product(range(1, 9), (False, True), ("RGB", "L")):
        data = image_file(modes[mode], "TIFF", tiffinfo={274: number}, big_tiff=big)
        yield f"TIFF {mode} orientation {number} {big=}", "tif", data
    for (name, profile), mode in product(_profiles().items(), ("RGB", "RGBA")):
        yield f"TIFF {mode} {name}", "tif", image_file(modes[mode], "TIFF", icc_profile=profile)


def _raw_tiffs() -> Iterator[Variant]:
    """Depths, byte orders, planes, tiles and predictors that Pillow does not write."""
    kinds = [(1, 1), (0, 1), (2, 3), (2, 4)]
    for (photometric, bands), depth, order in product(kinds, (1, 2, 4, 8, 16), "<>"):
        if depth < 8 and bands > 1:
            continue
        samples = samples_of(bands, depth)
        if photometric == 0:
            samples = (1 << depth) - 1 - samples
        name = f"TIFF photometric {photometric}, {bands} x {depth} bits {order}"
        for layout in ("strip", "strips", "tiles", "planes", "differences"):
            if (depth < 8 and layout in ("tiles", "differences")) or ((bands == 1 or depth > 8) and layout == "planes"):
                continue
            yield f"{name} {layout}", "tif", raw_tiff(samples, photometric, depth, order, layout)

    for order, number, depth in product("<>", range(1, 9), (8, 16)):
        turned = raw_tiff(samples_of(3, depth), 2, depth, order, "strips", {274: (3, [number])})
        yield f"TIFF RGB {depth} bits {order} orientation {number}", "tif", turned
    for order in "<>":
        yield f"TIFF grey and alpha {order}", "tif", raw_tiff(samples_of(2, 8), 1, 8, order, "strip")


def raw_tiff(
    samples: Samples,
    photometric: int,
    depth: int,
    order: str,
    layout: str,
    more: Mapping[int, tuple[int, list[int]]] = MappingProxyType({}),
) -> bytes:
    height, width, bands = samples.shape
    parts = {
        "strips": [samples[at : at + 16] for at in range(0, height, 16)],
        "tiles": [_tile(samples, x, y) for y in range(0, height, 32) for x in range(0, width, 32)],
        "planes": [samples[..., band : band + 1] for band in range(bands)],
        "differences": [np.diff(samples, axis=1, prepend=0) & ((1 << depth) - 1)],
    }.get(layout, [samples])
    bodies = [b"".join(_packed(row, depth, order) for row in part) for part in parts]
    bodies = [zlib.compress(body) for body in bodies] if layout == "differences" else bodies
    tags: dict[int, tuple[int, list[int]]] = {
        256: (3, [width]), 257: (3, [height]), 258: (3, [depth] * bands), 262: (3, [photometric]), 277: (3, [bands]),
        259: (3, [8 if layout == "differences" else 1]), 284: (3, [2 if layout == "planes" else 1]),
    }  # fmt: skip
    if layout == "differences":
        tags[317] = (3, [2])
    if bands in (2, 4):
        tags[338] = (3, [2])
    places, sizes = (324, 325) if layout == "tiles" else (273, 279)
    rows = {322: (3, [32]), 323: (3, [32])} if layout == "tiles" else {278: (3, [16 if layout == "strips" else height])}
    return _written_tiff(tags | rows | dict(more), places, sizes, bodies, order)


def _tile(samples: Samples, x: int, y: int) -> Samples:
    part = samples[y : y + 32, x : x + 32]
    return np.pad(part, ((0, 32 - part.shape[0]), (0, 32 - part.shape[1]), (0, 0)))


def _written_tiff(
    tags: dict[int, tuple[int, list[int]]], places: int, sizes: int, bodies: list[bytes], order: str
) -> bytes:
    """The picture's data, then the directory, then its overflow values."""
    offsets = [8 + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    tags |= {places: (4, offsets), sizes: (4, [len(body) for body in bodies])}
    data = b"".join(bodies)
    directory_at = 8 + len(data) + len(data) % 2
    more_at = directory_at + 2 + 12 * len(tags) + 4
    entries, more = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        value = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(value) > 4:
            value, more = struct.pack(f"{order}I", more_at + len(more)), more + value
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, directory_at)
    directory = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    return head + data + bytes(len(data) % 2) + directory + more


def samples_of(bands: int, depth: int) -> Samples:
    """Grey or colour, optionally with alpha, in this many bits: [height, width, bands]."""
    image = picture()
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[bands]
    made = _with_alpha(image).convert(mode) if bands in (2, 4) else image.convert(mode)
    eight: Samples = np.asarray(made, np.int64).reshape(made.height, made.width, bands)
    return eight * 257 if depth == 16 else eight >> (8 - depth)


def _packed(row: Samples, depth: int, order: str) -> bytes:
    if depth == 16:
        return row.astype(f"{order}u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    # Whatever the byte order: the rows of fewer bits are one row of bits.
    bits = (row.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()
