from __future__ import annotations

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, InputError, NotAnImage, TooManyPixels
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.formats import sniff_type
from tests.conftest import encode

FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "TIFF"]


def marked(height: int = 40, width: int = 60) -> RgbImage:
    """Dark, with a bright red block in the upper left corner, which shows rotation and channel order."""
    pixels = np.full((height, width, 3), 30, np.uint8)
    pixels[: height // 2, : width // 2] = (220, 40, 40)
    return pixels


def save(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.mark.parametrize("image_format", FORMATS)
def test_every_format_gives_rgb(image_format: str) -> None:
    data = encode(marked(), image_format)
    assert sniff_type(data) == image_format
    decoded = decode_image(data)
    assert decoded.shape == (40, 60, 3)
    assert decoded.dtype == np.uint8
    assert np.abs(decoded[5, 5].astype(int) - (220, 40, 40)).max() < 12
    assert np.abs(decoded[35, 55].astype(int) - 30).max() < 12


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(image_format: str, orientation: int) -> None:
    turn_to_stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(marked())
    stored = image.transpose(turn_to_stored[orientation]) if orientation > 1 else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode_image(save(stored, image_format, exif=exif))
    assert decoded.shape == (40, 60, 3)
    assert decoded[5, 5, 0] > 150
    assert decoded[35, 55, 0] < 80


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "RGBA", "I;16"])
def test_png_and_tiff_modes(mode: str) -> None:
    image = Image.fromarray(marked()).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    image = image.convert(mode) if image.mode != mode else image
    for image_format in ["TIFF"] if mode == "PA" else ["PNG"]:
        try:
            data = save(image, image_format)
        except (OSError, KeyError):
            pytest.skip(f"{image_format} cannot store {mode}")
        decoded = decode_image(data)
        assert decoded.shape == (40, 60, 3)
        assert decoded[5, 5, 1] > decoded[35, 55, 1] or mode == "1"


def test_16_bit_grey_keeps_its_range() -> None:
    grey = np.linspace(0, 65_535, 60, dtype=np.uint16)[None].repeat(40, 0)
    decoded = decode_image(save(Image.fromarray(grey), "PNG"))
    assert decoded[0, 0, 0] == 0
    assert decoded[0, -1, 0] == 255
    assert abs(int(decoded[0, 30, 0]) - 130) < 3


def test_16_bit_colour() -> None:
    _, png = cv2.imencode(".png", marked()[:, :, ::-1].astype(np.uint16) * 257)
    assert np.array_equal(decode_image(png.tobytes()), marked())


def test_float_grey_is_read_as_unit_range() -> None:
    unit = np.linspace(0, 1, 60, dtype=np.float32)[None].repeat(40, 0)
    decoded = decode_image(save(Image.fromarray(unit), "TIFF"))
    assert decoded[0, -1, 0] == 255
    assert abs(int(decoded[0, 30, 0]) - 130) < 3


def test_cmyk_jpeg() -> None:
    decoded = decode_image(save(Image.fromarray(marked()).convert("CMYK"), "JPEG", quality=95))
    assert decoded[5, 5, 0] > 150 > decoded[35, 55, 0]


def test_transparency_becomes_white() -> None:
    pixels = np.dstack([marked(), np.zeros((40, 60), np.uint8)])
    assert (decode_image(save(Image.fromarray(pixels), "PNG")) == 255).all()


def test_first_frame_is_used() -> None:
    frames = [Image.fromarray(marked()), Image.new("RGB", (60, 40), "white")]
    for image_format in ("TIFF", "WEBP"):
        data = save(frames[0], image_format, save_all=True, append_images=frames[1:])
        assert decode_image(data)[35, 55, 0] < 80


def test_damaged_exif_is_ignored() -> None:
    data = encode(marked(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 20)
    assert decode_image(data).shape == (40, 60, 3)


@pytest.mark.parametrize("data", [b"", b"GIF89a" + b"\0" * 40, b"%PDF-1.7", b"<svg/>", b"RIFF\0\0\0\0AVI "])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        decode_image(data)


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated_file_is_refused(image_format: str, share: float) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encode(noise, image_format)
    with pytest.raises((BrokenImage, NotAnImage)):
        decode_image(data[: int(len(data) * share)])


@pytest.mark.parametrize("image_format", FORMATS)
def test_too_many_pixels_are_refused(image_format: str) -> None:
    with pytest.raises(TooManyPixels, match="60 x 40"):
        decode_image(encode(marked(), image_format), limits=DecodeLimits(2399))
    assert decode_image(encode(marked(), image_format), limits=DecodeLimits(2400)).size


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header declares far more than its bytes could hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 10_000), (8_000, 7_000)])
def test_size_is_checked_before_decoding(width: int, height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_decode(*_: object) -> None:
        raise AssertionError("the pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", must_not_decode)
    with pytest.raises(TooManyPixels):
        decode_image(bomb(width, height))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    st.floats(0, 1),
)
@example("TIFF", [(0.02, 255)], 1.0)
def test_any_bytes_give_an_image_or_a_typed_error(
    image_format: str, changes: list[tuple[float, int]], share: float
) -> None:
    data = bytearray(encode(marked(), image_format))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    try:
        decoded = decode_image(bytes(data[: int(len(data) * share)]), limits=DecodeLimits(1_000_000))
    except InputError:
        return
    assert decoded.dtype == np.uint8
    assert decoded.ndim == 3


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode_image(data)
