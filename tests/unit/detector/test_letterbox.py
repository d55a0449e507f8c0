from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img_super.detector.letterbox import FILL, from_far, letterbox, resized
from img_super.detector.outputs import FloatBox
from img_super.detector.pyramid import Pyramid
from img_super.domain import Box

sides = st.integers(1, 900)


@settings(max_examples=60, deadline=None)
@given(width=sides, height=sides, input_wh=st.sampled_from([(32, 32), (96, 96), (256, 160)]))
def test_photo_fits_and_the_rest_is_grey(width: int, height: int, input_wh: tuple[int, int]) -> None:
    small = letterbox(Pyramid(np.full((height, width, 3), 255, np.uint8)), input_wh)
    assert small.pixels.shape == (input_wh[1], input_wh[0], 3)
    assert small.rotation == (90 if height > width and input_wh[0] > input_wh[1] else 0)
    shown = (small.pixels != FILL).all(axis=2)
    seen_wh = shown.any(axis=0).sum(), shown.any(axis=1).sum()
    assert seen_wh == pytest.approx(np.maximum(1, small.shown_wh), abs=0.51)
    assert seen_wh[0] == input_wh[0] or seen_wh[1] == input_wh[1]


@settings(max_examples=40, deadline=None)
@given(x=st.integers(0, 599), y=st.integers(0, 399), wh=st.sampled_from([(600, 400), (601, 899)]))
def test_input_coordinates_map_back_to_the_photo(x: int, y: int, wh: tuple[int, int]) -> None:
    photo = np.zeros((wh[1], wh[0], 3), np.uint8)
    photo[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9] = 255
    small = letterbox(Pyramid(photo), (320, 224))
    rows, columns = np.nonzero((small.pixels > 200).all(axis=2))
    box = small.box_in_photo(FloatBox(columns.mean() + 0.5, rows.mean() + 0.5, 2, 5))
    assert abs(box.x - x) < 9
    assert abs(box.y - y) < 9
    lies = wh[1] > wh[0]
    assert (box.width, box.height) == pytest.approx([side * small.pixels_each for side in ((5, 2) if lies else (2, 5))])


@pytest.mark.parametrize("wh", [(600, 400), (400, 600)])
def test_corners_start_at_the_upper_left(wh: tuple[int, int]) -> None:
    small = letterbox(Pyramid(np.zeros((wh[1], wh[0], 3), np.uint8)), (320, 224))
    width, height = small.shown_wh
    shown = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    assert np.allclose(small.quad_in_photo(shown), [[0, 0], [wh[0], 0], wh, [0, wh[1]]], atol=0.01)


def test_window_coordinates_map_back_to_the_photo() -> None:
    photo = Pyramid(np.zeros((900, 600, 3), np.uint8))
    part = letterbox(photo.part(Box(100, 400, 300, 900)), (320, 224), (100, 400))
    width, height = part.shown_wh
    shown = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    assert np.allclose(part.quad_in_photo(shown), [[100, 400], [300, 400], [300, 900], [100, 900]], atol=0.01)
    middle = part.box_in_photo(FloatBox(width / 2, height / 2, 2, 2))
    assert (middle.x, middle.y) == pytest.approx((200, 650))


@pytest.mark.parametrize("wh", [(900, 600), (600, 900), (500, 500)])
def test_wide_view_adds_a_margin_around_the_photo(wh: tuple[int, int]) -> None:
    far = from_far(letterbox(Pyramid(np.full((wh[1], wh[0], 3), 200, np.uint8)), (320, 224)), 1.5)
    assert far.pixels.shape == (224, 320, 3)
    width, height = far.shown_wh
    left, above, right, below = (share * side for share in (-0.25, 1.25) for side in wh)
    shown = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = [[left, above], [right, above], [right, below], [left, below]]
    assert np.allclose(far.quad_in_photo(shown), corners, atol=3)
    assert far.pixels[: int(height), : int(width)].min() == 200


@settings(max_examples=60, deadline=None)
@given(wh=st.tuples(st.integers(90, 700), st.integers(90, 700)), shares=st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)))
def test_halving_first_equals_one_step(wh: tuple[int, int], shares: tuple[float, float]) -> None:
    few = np.random.default_rng(sum(wh)).integers(90, 166, (4, 5, 3), dtype=np.uint8)
    photo = cv2.resize(few, wh, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)
    small_wh = (max(1, round(wh[0] * shares[0])), max(1, round(wh[1] * shares[1])))
    small = resized(Pyramid(photo), small_wh)
    assert (small.shape[1], small.shape[0]) == small_wh
    assert np.abs(small.astype(int) - cv2.resize(photo, small_wh, interpolation=cv2.INTER_AREA)).mean() < 4
