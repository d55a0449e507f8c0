"""Marks change a photo where they should, and the portrait only if intended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from img_super.domain import Float32Array
from img_super.lab.forging import marks
from img_super.lab.forging.base import Base
from img_super.lab.forging.real import likely_frame
from img_super.lab.synthesis.sources import Sources

Mark = Callable[[np.random.Generator, Float32Array, Base], Float32Array]
SEEDS = range(12)


@pytest.fixture(scope="module")
def base(sources: Sources) -> Base:
    """A small portrait in the middle of a card."""
    person = sources.portraits[0]
    image = np.full((400, 480, 3), (210, 205, 190), np.uint8)
    image[120:280, 160:320] = person.image
    x, y, width, height = person.face_xywh
    corner = np.array([160, 120], np.float32)
    amidst = replace(
        person, image=image, matte=np.pad(person.matte, ((120, 120), (160, 160))),
        landmarks=person.landmarks + corner, outline=person.outline + corner,
        face_xywh=(x + 160, y + 120, width, height),
    )  # fmt: skip
    return Base("card", "real", amidst, likely_frame(amidst))


def changed(mark: Mark, base: Base, seed: int) -> Float32Array:
    """How much each pixel changes."""
    photo = base.image.astype(np.float32)
    marked = mark(np.random.default_rng(seed), photo, base)
    assert marked.shape == photo.shape
    np.testing.assert_array_equal(photo, base.image)
    np.testing.assert_array_equal(marked, mark(np.random.default_rng(seed), photo, base))
    return np.asarray(np.abs(marked - photo).max(2), np.float32)


def on_the_face(difference: Float32Array, base: Base) -> Float32Array:
    x, y, width, height = (round(value) for value in base.person.face_xywh)
    return difference[y : y + height, x : x + width]


@pytest.mark.parametrize("mark", [marks.edited_elsewhere, marks.with_sticker])
def test_marks_beside_the_portrait_leave_the_face(mark: Mark, base: Base) -> None:
    done = [changed(mark, base, seed) for seed in SEEDS]
    seen = [difference for difference in done if difference.max() > 20]
    assert len(seen) > len(SEEDS) / 3
    for difference in seen:
        assert (difference > 20).mean() < 0.1
        assert np.median(on_the_face(difference, base)) == 0


def test_nothing_is_drawn_without_a_free_strip(base: Base) -> None:
    narrow = replace(base, person=replace(base.person, face_xywh=(0.0, 0.0, 480.0, 400.0)))
    for mark in (marks.edited_elsewhere, marks.with_sticker):
        assert changed(mark, narrow, 1).max() == 0


def test_finger_reaches_from_the_border_to_the_portrait(base: Base) -> None:
    for seed in range(4):
        covered = changed(marks.with_finger, base, seed) > 30
        rim = np.concatenate([covered[0], covered[-1], covered[:, 0], covered[:, -1]])
        assert rim.any()
        assert 0.01 < covered.mean() < 0.6


def test_shadow_darkens_and_other_light_tints(base: Base) -> None:
    photo = base.image.astype(np.float32)
    shades = [marks.shadowed(np.random.default_rng(seed), photo, base) - photo for seed in SEEDS]
    assert all(shade.max() < 0.01 for shade in shades)
    assert sum(shade.min() < -15 for shade in shades) > len(SEEDS) / 2
    lit = [marks.under_other_light(np.random.default_rng(seed), photo) for seed in SEEDS]
    tints = [np.ptp(image.mean((0, 1)) / photo.mean((0, 1))) for image in lit]
    assert np.median(tints) > 0.03


def test_photocopy_is_grey_and_contrasty(base: Base) -> None:
    photo = base.image.astype(np.float32)
    copies = [marks.copied(np.random.default_rng(seed), photo) for seed in range(6)]
    assert all(np.ptp(copy, axis=2).mean() < 6 for copy in copies)
    assert np.mean([copy.std() for copy in copies]) > photo.std()


def test_light_change_affects_the_whole_picture(base: Base) -> None:
    photo = base.image.astype(np.float32)
    moved = [marks.relit(np.random.default_rng(seed), photo) for seed in range(8)]
    assert np.median([(np.abs(image - photo).max(2) > 1).mean() for image in moved]) > 0.9
