from __future__ import annotations

from io import BytesIO
from typing import Any
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from img_super.domain import Box, RgbImage
from img_super.errors import DecodeTooSlow, InputError
from img_super.pipeline import reduced_jpeg
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import MAX_JPEG_SCANS, DecodeLimits
from img_super.pipeline.jpeg_warnings import decode_warily
from img_super.pipeline.photo import OpenPhoto, WholePhoto, open_photo
from img_super.pipeline.reduced_jpeg import ReducedJpeg
from tests.conftest import encode
from tests.hostile.files import START_OF_SCAN, flipped, jpeg_scans

LIMITS = DecodeLimits()
SMALL_OVERVIEW_PX = 40


@pytest.fixture(autouse=True, scope="module")
def _small_photos_are_reduced() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduced_jpeg, "OVERVIEW_SIDE_PX", SMALL_OVERVIEW_PX)
        yield


def smooth(width: int, height: int, seed: int) -> RgbImage:
    """Slowly changing colours, which both ways of reducing render alike."""
    few = np.random.default_rng(seed).integers(100, 156, (3, 4, 3), dtype=np.uint8)
    return cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def jpeg(pixels: RgbImage, grey: bool = False, orientation: int = 1, **options: object) -> bytes:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    image, file = Image.fromarray(pixels), BytesIO()
    (image.convert("L") if grey else image).save(file, "JPEG", quality=95, exif=exif, **options)
    return file.getvalue()


@settings(max_examples=120)
@given(
    size_wh=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    orientation=st.integers(0, 9),
    grey=st.booleans(),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    progressive=st.booleans(),
    seed=st.integers(0, 99),
)
def test_fast_path_equals_full_decoding(
    size_wh: tuple[int, int], orientation: int, grey: bool, subsampling: str, progressive: bool, seed: int
) -> None:
    data = jpeg(smooth(*size_wh, seed), grey, orientation, subsampling=subsampling, progressive=progressive)
    plain, fast = WholePhoto(decode_image(data)), open_photo(data, LIMITS)
    assert isinstance(fast, ReducedJpeg)
    assert fast.size_wh == plain.size_wh
    assert fast.scale == max(scale for scale in (1, 2, 4, 8) if scale == 1 or max(size_wh) >= 40 * scale)
    reduced_wh = tuple(-(-side // fast.scale) for side in plain.size_wh)
    assert (fast.overview.shape[1], fast.overview.shape[0]) == reduced_wh
    assert fast.overview.flags.c_contiguous
    if min(size_wh) >= 40:
        by_area = cv2.resize(plain.overview, reduced_wh, interpolation=cv2.INTER_AREA)
        # The last block may be partial: 57 pixels at 1/8 are 8, each of 8 and not 7.1 pixels.
        assert np.abs(by_area.astype(int) - fast.overview).mean() < 6
    if fast.scale == 1:
        assert np.array_equal(fast.overview, plain.overview)


@settings(max_examples=80)
@given(
    size_wh=st.tuples(st.integers(90, 400), st.integers(90, 400)),
    orientation=st.integers(1, 8),
    at_xy=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_overview_maps_to_the_photo(size_wh: tuple[int, int], orientation: int, at_xy: tuple[int, int]) -> None:
    """Indivisible sizes leave a partial pixel at an edge, which EXIF may turn to the front."""
    pixels = np.full((size_wh[1], size_wh[0], 3), 20, np.uint8)
    pixels[at_xy[1] : at_xy[1] + 48, at_xy[0] : at_xy[0] + 48] = 235
    data = jpeg(pixels, orientation=orientation)
    fast = open_photo(data, LIMITS)

    def middle_xy(image: RgbImage) -> tuple[float, ...]:
        return tuple(float(place.mean()) + 0.5 for place in np.nonzero(image[..., 0] > 128)[::-1])

    true_xy, seen_xy = middle_xy(decode_image(data)), middle_xy(fast.overview)
    for true, seen, origin in zip(true_xy, seen_xy, fast.origin_xy, strict=True):
        assert abs(origin + seen * fast.scale - true) <= 0.5 * fast.scale
    box = Box(*(round(true - 30) for true in true_xy), *(round(true + 30) for true in true_xy))
    crop_xy = middle_xy(fast.crop(Box(box.x_min, box.y_min, box.x_min + 60, box.y_min + 60), 0, 60 // 3 // 8))
    for found in crop_xy:
        assert abs(found * fast.scale - 30) <= fast.scale + 1


BOXES = st.builds(
    lambda x, y, side: Box(x, y, x + side, y + side), st.integers(-60, 150), st.integers(-60, 80), st.integers(90, 250)
)


@settings(max_examples=80)
@given(wanted=BOXES, rotation=st.sampled_from([0, 90, 180, 270]), orientation=st.integers(1, 8), seed=st.integers(0, 9))
def test_crop_equals_the_fully_decoded_one(wanted: Box, rotation: Any, orientation: int, seed: int) -> None:
    data = jpeg(smooth(331, 243, seed), orientation=orientation)
    plain, fast = WholePhoto(decode_image(data)), open_photo(data, LIMITS)
    assert fast.scale == 8
    expected = plain.crop(wanted, rotation, 1)
    assert np.array_equal(fast.crop(wanted, rotation, wanted.width), expected)
    for side_px in ((wanted.width - 1) // 3, (wanted.width - 1) // 6, 1):
        reduced = fast.crop(wanted, rotation, side_px)
        assert reduced.shape[0] == reduced.shape[1]
        assert 1.5 * side_px - 1 <= reduced.shape[0] <= wanted.width // 2 + 1
        by_area = cv2.resize(expected, reduced.shape[:2], interpolation=cv2.INTER_AREA)
        assert np.abs(by_area.astype(int) - reduced).mean() < 6


def outcome(decode: Any, data: bytes) -> object:
    """The decoded size, or the type and message of the error."""
    try:
        photo: OpenPhoto = decode(data)
    except InputError as error:
        return type(error), error.detail
    return photo.size_wh


NOISE = np.random.default_rng(2).integers(0, 256, (96, 130, 3), dtype=np.uint8)


def test_many_small_portraits_cost_one_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_photo(jpeg(smooth(400, 400, 1)), LIMITS)
    decoding = Mock(wraps=decode_warily)
    monkeypatch.setattr(reduced_jpeg, "decode_warily", decoding)
    crops = [opened.crop(Box(at, at, at + 40, at + 40), 0, 40) for at in range(0, 300, 30)]
    assert decoding.call_count == 1
    assert not np.array_equal(crops[0], crops[1])


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", [1, 6])
def test_damaged_files_get_the_full_decoders_answers(progressive: bool, orientation: int) -> None:
    whole = jpeg(NOISE, orientation=orientation, progressive=progressive)
    damaged = [whole[: len(whole) * share // 60] for share in range(60)] + [whole[:-1], whole[:-2], whole + b"rest"]
    damaged += [flipped(whole, bit) for bit in range(0, 8 * len(whole), 977)]
    plain = [outcome(lambda data: WholePhoto(decode_image(data)), data) for data in damaged]
    assert [outcome(lambda data: open_photo(data, LIMITS), data) for data in damaged] == plain
    assert len(set(map(str, plain))) > 2


def test_unusual_jpegs_are_fully_decoded() -> None:
    cmyk = BytesIO()
    Image.fromarray(NOISE).convert("CMYK").save(cmyk, "JPEG")
    for data in (cmyk.getvalue(), *(encode(NOISE, kind) for kind in ("PNG", "WEBP", "TIFF", "BMP"))):
        photo = open_photo(data, LIMITS)
        assert isinstance(photo, WholePhoto)
        assert np.array_equal(photo.overview, decode_image(data))


def test_ambiguous_header_is_fully_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels were counted by Pillow's size, so no other one may be decoded."""

    def must_not_decode(*_: object, **__: object) -> None:
        raise AssertionError("decoded at a size that nobody allowed")

    monkeypatch.setattr("simplejpeg.decode_jpeg_header", lambda *_, **__: (65_500, 65_500, "YCbCr", "420"))
    monkeypatch.setattr("simplejpeg.decode_jpeg", must_not_decode)
    assert open_photo(jpeg(NOISE), LIMITS).overview.shape == NOISE.shape


@pytest.mark.parametrize(("budget_ms", "fast"), [(5000, False), (500_000, True)])
def test_many_scans_take_the_stoppable_path(budget_ms: int, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def decode_jpeg(data: bytes, *_: object, **__: object) -> RgbImage:
        decoded.append(data)
        return NOISE

    monkeypatch.setattr("simplejpeg.decode_jpeg", decode_jpeg)
    scans = jpeg_scans(1200, MAX_JPEG_SCANS - 20)
    open_photo(scans, DecodeLimits(budget_ms=budget_ms))
    assert bool(decoded) is fast


def test_data_after_the_only_scan_is_not_counted() -> None:
    """A "motion photo" carries a video, in which the marker's two bytes occur by chance."""
    photo = jpeg(NOISE) + START_OF_SCAN * (MAX_JPEG_SCANS + 1)
    assert open_photo(photo, LIMITS).size_wh == (130, 96)
    assert np.array_equal(decode_image(photo), decode_image(jpeg(NOISE)))


def test_single_component_scan_counts_as_one_of_many() -> None:
    """A sequential file may have a pass per component, and another every few bytes."""
    _, data = cv2.imencode(".jpg", NOISE, [cv2.IMWRITE_JPEG_RST_INTERVAL, 0])
    assert open_photo(data.tobytes(), LIMITS).size_wh == (130, 96)
    frame = data.tobytes().rfind(START_OF_SCAN)
    one_colour = data.tobytes()[:frame] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * (MAX_JPEG_SCANS + 1)
    with pytest.raises(DecodeTooSlow):
        open_photo(one_colour, LIMITS)


def test_first_picture_of_a_file_is_used() -> None:
    """Phones write such files (MPO): a photo, followed by a thumbnail or a stereo image."""
    file = BytesIO()
    other = Image.new("RGB", (60, 40), "white")
    Image.fromarray(smooth(330, 242, 3)).save(file, "MPO", save_all=True, append_images=[other], quality=95)
    photo = open_photo(file.getvalue(), LIMITS)
    assert isinstance(photo, ReducedJpeg)
    assert photo.size_wh == (330, 242)
    whole = photo.crop(Box(0, 0, 200, 200), 0, 200)
    assert np.array_equal(whole, decode_image(file.getvalue())[:200, :200])
