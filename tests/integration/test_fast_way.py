"""The JPEG fast path scores like full decoding, with the real networks."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from PIL.ExifTags import Base

from img_super.pipeline.decode import DEFAULT_LIMITS, decode_image
from img_super.pipeline.load import load_pipeline
from img_super.pipeline.photo import open_photo
from img_super.pipeline.pipeline import Pipeline
from tests.conftest import SAMPLES

LONG_SIDE_PX = 2866
"""From 2,560 on a photo is decoded at 1/2."""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_pipeline()


def large_photo(name: str, orientation: int) -> bytes:
    photo = Image.open(SAMPLES / name).convert("RGB")
    stored = {1: photo, 3: photo.transpose(Image.Transpose.ROTATE_180), 6: photo.transpose(Image.Transpose.ROTATE_90)}
    image, exif, file = stored[orientation], Image.Exif(), BytesIO()
    exif[Base.Orientation] = orientation
    scale = LONG_SIDE_PX / max(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    image.resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize(("name", "orientation"), [("bona_fide.jpg", 6), ("attack.jpg", 1), ("example.jpg", 3)])
def test_reduced_photo_scores_like_the_full_one(pipeline: Pipeline, name: str, orientation: int) -> None:
    data = large_photo(name, orientation)
    assert open_photo(data, DEFAULT_LIMITS).scale == 2
    fast, plain = pipeline.super(data), pipeline.super(decode_image(data))
    assert fast.detection.rotation == plain.detection.rotation == 0
    assert fast.detection.portrait.box.iou(plain.detection.portrait.box) > 0.9
    assert fast.decision.superimposed == plain.decision.superimposed
    assert fast.decision.score == pytest.approx(plain.decision.score, abs=0.08)  # one pixel changes it by 0.02
    assert fast.quality == plain.quality
