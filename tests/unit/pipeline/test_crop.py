from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img_super.domain import ROTATIONS, Box, RgbImage, Rotation
from img_super.pipeline.crop import CROP_FACE_SIZES, aligned, crop_box, crop_portrait, resize_to_input
from img_super.turn import inverse, turn

NOISE = np.random.default_rng(5).integers(0, 256, (90, 120, 3), dtype=np.uint8)


def test_crop_is_a_square_around_the_face() -> None:
    wanted = crop_box(Box(40, 30, 60, 50))
    assert wanted.width == wanted.height == round(20 * CROP_FACE_SIZES)
    assert wanted.centre_xy == (50, 40)


def test_inner_pixels_are_unchanged() -> None:
    crop = crop_portrait(NOISE, Box(50, 30, 70, 50), 0)
    assert np.array_equal(crop, NOISE[16:64, 36:84])


def test_photo_is_mirrored_beyond_its_edge() -> None:
    crop = crop_portrait(NOISE, Box(0, 30, 20, 50), 0)
    beyond = 14
    assert np.array_equal(crop[:, :beyond], crop[:, beyond : 2 * beyond][:, ::-1])


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotated_photo_gives_the_same_crop(rotation: Rotation) -> None:
    face = Box(50, 30, 70, 50)
    lying = turn(NOISE, inverse(rotation))
    lying_face = face.turned(inverse(rotation), (120, 90))
    assert np.array_equal(crop_portrait(lying, lying_face, rotation), crop_portrait(NOISE, face, 0))


@given(st.integers(0, 119), st.integers(0, 89), st.integers(1, 120), st.integers(1, 90), st.sampled_from(ROTATIONS))
def test_any_face_gives_a_square(x: int, y: int, width: int, height: int, rotation: Rotation) -> None:
    face = Box(x, y, min(x + width, 120), min(y + height, 90))
    crop = crop_portrait(NOISE, face, rotation)
    assert crop.shape == (crop_box(face).width, crop_box(face).width, 3)


@pytest.mark.parametrize("side", [20, 64, 200])
def test_resized_to_the_network_input(side: int) -> None:
    resized = resize_to_input(np.full((side, side, 3), 77, np.uint8), 64)
    assert resized.shape == (64, 64, 3)
    assert (resized == 77).all()


@given(st.integers(-500, 4000), st.integers(-500, 4000), st.integers(1, 4000))
def test_aligned_square_is_cut_from_the_smallest_sufficient_photo(x: int, y: int, side: int) -> None:
    box = Box(x, y, x + side, y + side)
    place = aligned(box, 288)
    grid = max(grid for grid in (1, 2, 4, 8) if grid == 1 or side >= 432 * grid)
    assert all(value % grid == 0 for value in (place.x_min, place.y_min, place.x_max, place.y_max))
    assert place.width == place.height
    assert place.width >= grid * 432 or grid == 1
    moved = [place.x_min - box.x_min, place.y_min - box.y_min, place.width - box.width]
    assert max(map(abs, moved)) <= grid / 2


@pytest.mark.parametrize("side", [96, 128, 150, 200, 256, 400])
def test_downscaling_averages_all_pixels(side: int) -> None:
    noise = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)

    def beside_areas(resized: RgbImage) -> float:
        areas = cv2.resize(noise, (64, 64), interpolation=cv2.INTER_AREA)
        return float(np.abs(resized.astype(np.int16) - areas.astype(np.int16)).mean())

    pixels_left_out = beside_areas(cv2.resize(noise, (64, 64), interpolation=cv2.INTER_NEAREST).astype(np.uint8))
    assert beside_areas(resize_to_input(noise, 64)) < 0.25 * pixels_left_out
