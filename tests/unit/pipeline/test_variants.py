"""Files as written by real phones, scanners and programs: read as intended, or refused by name."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from img_super.domain import Box, RgbImage
from img_super.errors import BrokenImage, InputError, NotAnImage, UnsupportedVariant
from img_super.pipeline.colours import to_srgb
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import MAX_PIXELS, DecodeLimits
from img_super.pipeline.jpeg_file import mended, read_jpeg
from img_super.pipeline.orientation import exif_orientation
from img_super.pipeline.photo import open_photo
from img_super.pipeline.reduced_jpeg import ReducedJpeg
from tests.hostile.files import START_OF_SCAN, image_file, png_chunk, tiff, tiff_strip
from tests.real_files import HARMLESS, HEIC, JPEG, PHOTO, ROUGH, UNSUPPORTED
from tests.variants import raw_tiff, samples_of, wide_profile

LIMITS = DecodeLimits()
WARM_UP_PHOTO = Path(__file__).parents[3] / "src/img_super/samples/bona_fide.jpg"


def seen(data: bytes) -> RgbImage:
    return open_photo(data, LIMITS).overview


def same(data: bytes, most: float = 2) -> bool:
    pixels = seen(data)
    return pixels.shape == ROUGH.shape and float(np.abs(pixels.astype(int) - ROUGH).mean()) < most


@pytest.mark.parametrize("fault", HARMLESS)
def test_harmless_jpeg_faults_change_nothing(fault: str) -> None:
    assert np.array_equal(seen(HARMLESS[fault]), seen(JPEG))
    assert isinstance(open_photo(HARMLESS[fault], LIMITS), ReducedJpeg)


def test_missing_jpeg_bytes_are_noticed() -> None:
    """Not always: Huffman codes resynchronise, and the number of blocks may be right by chance."""
    whole = WARM_UP_PHOTO.read_bytes()
    places = range(whole.index(START_OF_SCAN) + 500, len(whole) - 5000, len(whole) // 40)
    refused = sum(is_refused(whole[:at] + whole[at + 4096 :]) for at in places)
    assert refused >= 0.9 * len(places)


def is_refused(data: bytes) -> bool:
    try:
        seen(data)
    except BrokenImage:
        return True
    return False


def test_progressive_jpeg_without_its_last_scans_is_damaged() -> None:
    whole = image_file(PHOTO, "JPEG", progressive=True)
    for data in (whole[: whole.rindex(b"\xff\xc4")], whole[:-2]):
        with pytest.raises(BrokenImage):
            seen(data)


def test_video_after_a_progressive_photo_is_not_a_scan() -> None:
    whole = image_file(PHOTO, "JPEG", progressive=True)
    hidden = b"\xff\xe5" + struct.pack(">H", 2002) + START_OF_SCAN * 1000
    for data in (whole + START_OF_SCAN * 500, whole[:2] + hidden + whole[2:]):
        assert np.array_equal(seen(data), seen(whole))


@pytest.mark.parametrize("wh", [(8160, 6144), (8192, 6144), (8064, 6048)])
def test_50_megapixel_phone_photos_are_within_the_limit(wh: tuple[int, int]) -> None:
    assert wh[0] * wh[1] <= MAX_PIXELS


def test_png_metadata_never_overrides_pixels() -> None:
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "x" * 1_500_000, zip=True)
    whole = image_file(PHOTO, "PNG")
    end = whole.index(b"IEND") - 4
    bomb = b"a\0\0" + zlib.compress(b"\0" * 30_000_000)
    bad = png_chunk(b"tEXt", b"a\0b")[:-1] + b"!"
    for data in (
        image_file(PHOTO, "PNG", pnginfo=text),
        *(whole[:33] + chunk + whole[33:] for chunk in (bad, png_chunk(b"iCCP", bomb), png_chunk(b"zTXt", bomb))),
        whole[:33] + png_chunk(b"iCCP", b"a\0\7broken") + whole[33:],
        whole[:end] + png_chunk(b"zTXt", bomb) + whole[end:],
        whole[:33] + png_chunk(b"tRNS", b"0") + whole[33:],
    ):
        assert np.array_equal(seen(data), ROUGH)


def test_webp_metadata_never_overrides_pixels() -> None:
    whole = image_file(PHOTO, "WEBP", lossless=True, exif=b"Exif\0\0II*\0junk", xmp=b"<x/>")
    assert np.array_equal(seen(whole), ROUGH)
    assert np.array_equal(seen(whole[:-4]), ROUGH)


def test_xmp_orientation_is_ignored_as_in_browsers() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    segment = b"http://ns.adobe.com/xap/1.0/\0" + xmp
    jpeg = JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + JPEG[2:]
    assert seen(jpeg).shape == ROUGH.shape
    for data in (image_file(PHOTO, "WEBP", xmp=xmp), image_file(PHOTO, "PNG", xmp=xmp)):
        assert seen(data).shape == ROUGH.shape


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_rotates(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    assert seen(image_file(PHOTO, image_format, exif=exif)).shape == (256, 192, 3)


@settings(max_examples=200)
@given(st.binary(max_size=80), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_exif_gives_an_orientation(rest: bytes, head: bytes) -> None:
    assert exif_orientation(head + rest) in range(1, 9)


def test_orientation_of_a_million_fractions_is_ignored() -> None:
    lie = struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 0x112, 5, 1_000_000, 26) + b"\1\0\0\0" * 2000
    assert exif_orientation(lie) == 1


@pytest.mark.parametrize(("depth", "photometric"), [(8, 0), (8, 1), (16, 0), (16, 1)])
def test_white_is_zero_applies_to_deep_grey(depth: int, photometric: int) -> None:
    ramp = np.linspace(0, 255, 60, dtype=np.uint8)[None].repeat(40, 0)
    stored = 255 - ramp if photometric == 0 else ramp
    data = (stored.astype(np.uint16) * 257).tobytes() if depth == 16 else stored.tobytes()
    tags = [(256, 4, 60), (257, 4, 40), (258, 3, depth), (259, 3, 1), (262, 3, photometric), (273, 4, 0)]
    pixels = seen(tiff(*tags, (278, 4, 40), (279, 4, len(data)), data=data))
    assert np.abs(pixels[:, :, 0].astype(int) - ramp).max() <= 1


@pytest.mark.parametrize(("alpha", "mean"), [(0, ROUGH.mean()), (255, ROUGH.mean())])
def test_bmp_with_zero_alpha_is_opaque(alpha: int, mean: float) -> None:
    bgra = np.dstack([ROUGH[:, :, ::-1], np.full(ROUGH.shape[:2], alpha, np.uint8)])
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 256, -192, 1, 32, 3, bgra.nbytes, 0, 0, 0, 0) + masks + b"BGRs" + bytes(48)
    data = b"BM" + struct.pack("<IHHI", 14 + len(head) + bgra.nbytes, 0, 0, 14 + len(head)) + head + bgra.tobytes()
    assert abs(seen(data).mean() - mean) < 1


def test_big_tiff_blank_pages_and_coarse_faxes() -> None:
    assert np.array_equal(seen(image_file(PHOTO, "TIFF", big_tiff=True)), ROUGH)
    blank = Image.new("RGB", PHOTO.size, "white")
    assert np.array_equal(seen(image_file(blank, "TIFF", save_all=True, append_images=[blank, PHOTO])), ROUGH)
    assert (seen(image_file(blank, "TIFF", save_all=True, append_images=[blank])) == 255).all()
    fax = image_file(PHOTO.convert("1"), "TIFF", compression="group4", dpi=(204, 98))
    assert seen(fax).shape == (400, 256, 3)


@pytest.mark.parametrize(
    ("order", "depth", "photometric"), [("<", 12, 1), ("<", 16, 0), ("<", 16, 1), (">", 16, 0), (">", 16, 1)]
)
def test_deep_grey_ignores_byte_order(order: str, depth: int, photometric: int) -> None:
    grey = samples_of(1, 8)
    deep = grey * 257 if depth == 16 else grey * 16 + 15
    stored = (1 << depth) - 1 - deep if photometric == 0 else deep
    pixels = seen(raw_tiff(stored, photometric, depth, order, "strip"))
    assert np.abs(pixels[..., :1].astype(int) - grey).max() <= 1


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_unsupported_variants_are_named_and_not_called_damaged(kind: str) -> None:
    with pytest.raises(UnsupportedVariant, match=r"not supported; save it again as a standard JPEG"):
        seen(UNSUPPORTED[kind])


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"GIF89a" + bytes(30), "a GIF"),
        (b"%PDF-1.7", "a PDF"),
        (b"\0\0\0\x20ftypqt  ", "a video"),
        (b"\0\0\0\x18ftypcrx ", "a camera's raw file"),
        (b"\xff\x0a" + bytes(20), "a JPEG XL image"),
        (bytes(128) + b"DICM", "a DICOM file"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
        (b"\xef\xbb\xbf <svg/>", "an SVG drawing"),
        (b"RIFF\0\0\0\0WAVE", "a sound or video file"),
    ],
)
def test_refusal_names_what_was_found_and_what_to_send(head: bytes, name: str) -> None:
    with pytest.raises(NotAnImage, match=f"This is {name}; send a JPEG, PNG, WebP, HEIC"):
        seen(head)


def test_heic_is_read() -> None:
    pixels = seen(HEIC)
    assert pixels.shape == (64, 96, 3)
    assert np.abs(pixels[10, 10].astype(int) - (220, 40, 40)).max() < 12
    assert np.abs(pixels[60, 90].astype(int) - 30).max() < 12


def exif_of(orientation: int) -> bytes:
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x112, 3, 1, orientation, 0, 0)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def heic_with(exif: int, turned: int) -> bytes:
    """`HEIC` with an orientation in EXIF (0 for none), and this many left turns by its decoder (`irot`)."""
    at = HEIC.index(b"ipco") - 4
    properties = HEIC[at + 8 : HEIC.index(b"ipma") - 4] + (box(b"irot", bytes([turned])) if turned else b"")
    uses = b"\x81\x02\x03\x04" + (b"\x85" if turned else b"")
    ipma = box(b"ipma", struct.pack(">IIHB", 0, 1, 1, len(uses)) + uses)
    infe = [
        box(b"infe", struct.pack(">IHH4sB", 2 << 24, number, 0, kind, 0))
        for number, kind in ((1, b"hvc1"), (2, b"Exif"))
    ]
    items = 1 + (exif > 0)
    said = struct.pack(">I", 6) + b"Exif\0\0" + exif_of(exif) if exif else b""
    pixels = HEIC[HEIC.index(b"mdat") + 4 :]

    def meta(begins: int) -> bytes:
        places = [(1, begins, len(pixels)), (2, begins + len(pixels), len(said))][:items]
        iloc = b"".join(struct.pack(">HHHII", number, 0, 1, place, size) for number, place, size in places)
        return box(b"meta", bytes(4) + HEIC[40:73] + box(b"pitm", struct.pack(">IH", 0, 1))
            + box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, items) + iloc)
            + box(b"iinf", struct.pack(">IH", 0, items) + b"".join(infe[:items]))
            + (box(b"iref", bytes(4) + box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if exif else b"")
            + box(b"iprp", box(b"ipco", properties) + ipma))  # fmt: skip

    begins = len(HEIC[:28]) + len(meta(0)) + 8
    return HEIC[:28] + meta(begins) + box(b"mdat", pixels + said)


@pytest.mark.parametrize(
    ("exif", "turned", "shape"), [(0, 0, (64, 96)), (6, 0, (64, 96)), (0, 3, (96, 64)), (6, 3, (96, 64))]
)
def test_heic_is_rotated_by_its_box_and_not_again_by_exif(exif: int, turned: int, shape: tuple[int, int]) -> None:
    """As in the standard (ISO/IEC 23008-12) and libheif: EXIF alone rotates nothing, phones write both."""
    data = heic_with(exif, turned)
    assert (b"Exif" in data, b"irot" in data) == (exif > 0, turned > 0)
    pixels = seen(data)
    assert pixels.shape == (*shape, 3)
    red = pixels[10, -10] if turned else pixels[10, 10]
    assert np.abs(red.astype(int) - (220, 40, 40)).max() < 12


def test_avif_is_rotated_by_its_box_and_not_by_exif() -> None:
    """Pillow moves an orientation from EXIF into that box, so another tag is written and renamed."""
    for number, shape in ((0, ROUGH.shape), (6, (256, 192, 3))):
        exif = Image.Exif()
        exif[0x128] = 6
        if number:
            exif[0x112] = number
        file = image_file(PHOTO, "AVIF", exif=exif)
        order = "<" if b"II*\0" in file else ">"
        kept, renamed = (struct.pack(f"{order}HHI", tag, 3, 1) for tag in (0x128, 0x112))
        assert file.count(kept) == 1
        assert seen(file.replace(kept, renamed)).shape == shape


def test_avif_is_read() -> None:
    assert same(image_file(PHOTO, "AVIF", quality=95, subsampling="4:4:4"), 4)


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0heicmif1", b"heix\0\0\0\0mif1heix"])
def test_damaged_heic_is_reported(brands: bytes) -> None:
    with pytest.raises(BrokenImage):
        seen(struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(60))


def test_broken_profile_is_ignored_and_srgb_changes_nothing() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image_format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        for profile in (b"no profile", srgb[:200], srgb):
            data = image_file(PHOTO, image_format, icc_profile=profile, **options)
            assert np.array_equal(seen(data), ROUGH)


def test_wide_gamut_becomes_srgb() -> None:
    profile = wide_profile()
    expected = np.asarray(to_srgb(PHOTO, profile))
    assert np.abs(expected.astype(int) - ROUGH).max() > 3
    assert np.array_equal(seen(image_file(PHOTO, "PNG", icc_profile=profile)), expected)
    fast = open_photo(image_file(PHOTO, "JPEG", quality=98, subsampling=0, icc_profile=profile), LIMITS)
    crop = fast.crop(Box(0, 0, 192, 192), 0, 192)
    assert np.abs(crop.astype(int) - expected[:, :192]).mean() < 4


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(JPEG)), st.binary(max_size=6)), max_size=4))
def test_mutated_jpeg_gives_an_image_or_a_typed_error(inserted: list[tuple[int, bytes]]) -> None:
    places = sorted(dict(inserted).items())
    cuts = [0, *(place for place, _ in places), len(JPEG)]
    pieces = [JPEG[begin:end] for begin, end in pairwise(cuts)]
    data = pieces[0] + b"".join(more + piece for (_, more), piece in zip(places, pieces[1:], strict=True))
    try:
        plain: object = decode_image(data, LIMITS).shape
    except InputError as error:
        plain = type(error)
    try:
        fast: object = seen(data).shape
    except InputError as error:
        fast = type(error)
    assert fast == plain or plain is BrokenImage  # Pillow is stricter inside scans


@given(st.binary(max_size=200))
def test_any_segments_give_an_image_or_a_typed_error(rest: bytes) -> None:
    mended(b"\xff\xd8\xff" + rest)
    with suppress(InputError):
        assert min(read_jpeg(b"\xff\xd8\xff" + rest).stored_wh) > 0


def test_strips_with_wrong_lengths_are_refused() -> None:
    data = bytearray(image_file(PHOTO, "TIFF", compression="tiff_deflate", strip_size=4096))
    tags = Image.open(BytesIO(data)).tag_v2  # type: ignore[attr-defined]
    offsets = tags[TiffImagePlugin.STRIPOFFSETS]
    table = data.index(struct.pack("<I", offsets[0]) + struct.pack("<I", offsets[1]))
    for number in range(len(offsets)):
        data[table + 4 * number : table + 4 * number + 4] = struct.pack("<I", offsets[0])
    with pytest.raises(BrokenImage, match="overlap"):
        seen(bytes(data))
    with pytest.raises(BrokenImage, match="more data than it holds"):
        seen(
            tiff_strip(10, 10, b"\0" * 100).replace(
                struct.pack("<HHII", 279, 4, 1, 100), struct.pack("<HHII", 279, 4, 1, 5000)
            )
        )
    with pytest.raises(BrokenImage, match="orientation"):
        seen(tiff(*((tag, 4, value) for tag, value in [(256, 4), (257, 4), (258, 8), (259, 1), (262, 1)]),
                  (273, 4, 0), (274, 4, 6), (278, 4, 4), (279, 4, 16), data=bytes(16)))  # fmt: skip
