from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from img_super.domain import RgbImage
from img_super.errors import NotAnImage, TooManyPixels
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.photo import Photo, open_photo
from tests.conftest import encode


@pytest.fixture
def image() -> RgbImage:
    return np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def test_bytes_path_and_pixels_give_the_same_photo(image: RgbImage, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(image))
    forms: list[Photo] = [path.read_bytes(), path, image]
    for photo in forms:
        assert np.array_equal(open_photo(photo, DecodeLimits(600)).overview, image)
        with pytest.raises(TooManyPixels):
            open_photo(photo, DecodeLimits(599))


def test_invalid_image_is_reported(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(NotAnImage):
        open_photo(tmp_path / "notes.txt", DecodeLimits(600))
    with pytest.raises(FileNotFoundError):
        open_photo(tmp_path / "nowhere.jpg", DecodeLimits(600))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((20, 30), np.uint8),
        np.zeros((20, 30, 4), np.uint8),
        np.zeros((20, 30, 3)),
        np.zeros((0, 3, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(array: RgbImage) -> None:
    with pytest.raises(TypeError, match="RGB uint8"):
        open_photo(array, DecodeLimits(10_000))


def test_text_is_not_a_photo() -> None:
    """Whether a text is a path, base64 or a URL is not guessed."""
    with pytest.raises(TypeError, match=r"pathlib\.Path"):
        open_photo("photo.jpg", DecodeLimits(600))  # type: ignore[arg-type]
