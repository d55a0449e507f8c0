from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.domain import Box, Label, RgbImage
from img_super.lab.own_documents.duplicates import difference_hash, groups
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import Reading
from img_super.lab.own_documents.truth import OwnPhoto
from img_super.pipeline.pipeline import Pipeline
from img_super.sources.found import Failed, InFile
from tests.conftest import FakeDetector, encode


def picture(seed: int) -> RgbImage:
    """A card-like picture of coarse patches, so that copies and others can be distinguished."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    return cv2.resize(coarse, (200, 120), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def photo(folder: Path, name: str, data: bytes, label: Label = Label.BONA_FIDE, **more: object) -> OwnPhoto:
    (folder / name).write_bytes(data)
    return OwnPhoto(InFile(name, str(folder / name)), label, **more)  # type: ignore[arg-type]


def test_crops_equal_the_network_input(pipeline: Pipeline, tmp_path: Path) -> None:
    data = encode(picture(1))
    validator = pipeline.validator
    pipeline.super(data)
    own = Reading(pipeline, {}).read([photo(tmp_path, "1.png", data)])
    assert np.array_equal(own.crops[0].crop, validator.seen[0])  # type: ignore[attr-defined]
    assert (own.count(Label.BONA_FIDE), own.count(Label.ATTACK), own.left_out) == (1, 0, ())


def test_dropped_photos_are_reported(pipeline: Pipeline, detector: FakeDetector, tmp_path: Path) -> None:
    data = encode(picture(1))
    photos = [
        photo(tmp_path, "good.png", data),
        photo(tmp_path, "copy.png", data),
        photo(tmp_path, "text.jpg", b"no photo"),
        photo(tmp_path, "beside.png", encode(picture(2)), marked=(Box(0, 0, 5, 5),)),
        photo(tmp_path, "marked.png", encode(picture(3)), marked=(Box(30, 20, 110, 120),)),
        OwnPhoto(InFile("gone.png", str(tmp_path / "gone.png")), Label.ATTACK),
        OwnPhoto(Failed("half.zip", "broken_archive", "damaged"), Label.ATTACK),
    ]
    told: list[int] = []
    own = Reading(pipeline, {}).read(photos, lambda: told.append(1))
    assert [crop.name for crop in own.crops] == ["good.png", "marked.png"]
    assert {one.name: one.code for one in own.left_out} == {
        "copy.png": "duplicate_file", "text.jpg": "not_an_image", "beside.png": "other_face",
        "gone.png": "unreadable_file", "half.zip": "broken_archive",
    }  # fmt: skip
    assert len(told) == len(photos)


def test_photo_without_a_face_is_reported_and_no_photo_is_an_error(
    pipeline: Pipeline, detector: FakeDetector, tmp_path: Path
) -> None:
    detector.answer = None
    with pytest.raises(BadLabels, match="1 no_face"):
        Reading(pipeline, {}).read([photo(tmp_path, "1.png", encode(picture(1)))])


def test_file_with_both_labels_is_ignored(pipeline: Pipeline, tmp_path: Path) -> None:
    data = encode(picture(1))
    photos = [photo(tmp_path, "1.png", data), photo(tmp_path, "2.png", data, Label.ATTACK)]
    own = Reading(pipeline, {}).read([*photos, photo(tmp_path, "3.png", encode(picture(2)))])
    assert [crop.name for crop in own.crops] == ["3.png"]
    assert {one.code for one in own.left_out} == {"contradiction"}


def test_similar_photos_and_photos_of_one_document_are_grouped(pipeline: Pipeline, tmp_path: Path) -> None:
    resaved = encode(picture(1), "JPEG", quality=60)
    own = Reading(pipeline, {}, threads=2).read(
        [
            photo(tmp_path, "1.png", encode(picture(1))),
            photo(tmp_path, "1.jpg", resaved, Label.ATTACK),
            photo(tmp_path, "2.png", encode(picture(2)), document="d"),
            photo(tmp_path, "3.png", encode(picture(3)), document="d"),
            photo(tmp_path, "4.png", encode(picture(4))),
        ]
    )
    one, copy, two, three, four = own.documents
    assert one == copy
    assert two == three
    assert len({one, two, four}) == 3


def test_fingerprint_depends_on_photos_and_labels_only(pipeline: Pipeline, tmp_path: Path) -> None:
    def fingerprint(label: Label, *names: str) -> str:
        photos = [photo(tmp_path, name, encode(picture(ord(name[0]))), label) for name in names]
        return Reading(pipeline, {}).read(photos).fingerprint()

    assert fingerprint(Label.ATTACK, "a.png", "b.png") == fingerprint(Label.ATTACK, "b.png", "a.png")
    assert fingerprint(Label.ATTACK, "a.png") != fingerprint(Label.BONA_FIDE, "a.png")
    assert fingerprint(Label.ATTACK, "a.png") != fingerprint(Label.ATTACK, "b.png")


def test_grouping_is_transitive() -> None:
    hashes = [np.frombuffer(bytes([value] * 32), np.uint8) for value in (0b0, 0b1, 0b11, 0xFF)]
    assert groups(hashes, ["", "", "", ""], max_different_bits=32) == [0, 0, 0, 1]
    assert groups(hashes, ["a", "", "", "a"], max_different_bits=0) == [0, 1, 2, 0]
    assert groups([], []) == []


def test_resized_copy_is_similar_and_another_picture_is_not() -> None:
    image = picture(1)
    small = cv2.resize(image, (100, 60), interpolation=cv2.INTER_AREA).astype(np.uint8)
    near = np.bitwise_count(difference_hash(image) ^ difference_hash(small)).sum()
    far = np.bitwise_count(difference_hash(image) ^ difference_hash(picture(2))).sum()
    assert near < 20
    assert far > 80
