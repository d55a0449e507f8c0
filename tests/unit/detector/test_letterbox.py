from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from img_super.detector.letterbox import FILL, letterbox, shrunk

sides = st.integers(1, 900)


@settings(max_examples=60, deadline=None)
@given(width=sides, height=sides, side=st.sampled_from([32, 96, 320]))
def test_the_long_side_fills_the_square_and_the_rest_stays_grey(width: int, height: int, side: int) -> None:
    photo = np.full((height, width, 3), 255, np.uint8)
    square, pixels_each = letterbox(photo, side)
    assert square.shape == (side, side, 3)
    assert pixels_each == max(width, height) / side
    shown = (square != FILL).all(axis=2)
    assert shown.any(axis=0).sum() == max(1, round(width / pixels_each))
    assert shown.any(axis=1).sum() == max(1, round(height / pixels_each))
    assert max(shown.any(axis=0).sum(), shown.any(axis=1).sum()) == side


@settings(max_examples=40, deadline=None)
@given(x=st.integers(0, 599), y=st.integers(0, 399))
def test_a_point_of_the_square_leads_back_to_the_photo(x: int, y: int) -> None:
    photo = np.zeros((400, 600, 3), np.uint8)
    photo[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9] = 255
    square, pixels_each = letterbox(photo, 320)
    rows, columns = np.nonzero((square == square[:214].max()).all(axis=2) & (square > 200).all(axis=2))
    assert abs((columns.mean() + 0.5) * pixels_each - x) < 9
    assert abs((rows.mean() + 0.5) * pixels_each - y) < 9


@settings(max_examples=60, deadline=None)
@given(wh=st.tuples(st.integers(90, 700), st.integers(90, 700)), shares=st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)))
def test_halves_first_gives_what_one_step_gives(wh: tuple[int, int], shares: tuple[float, float]) -> None:
    few = np.random.default_rng(sum(wh)).integers(90, 166, (4, 5, 3), dtype=np.uint8)
    photo = cv2.resize(few, wh, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)
    small_wh = (max(1, round(wh[0] * shares[0])), max(1, round(wh[1] * shares[1])))
    small = shrunk(photo, small_wh)
    assert (small.shape[1], small.shape[0]) == small_wh
    assert np.abs(small.astype(int) - cv2.resize(photo, small_wh, interpolation=cv2.INTER_AREA)).mean() < 1.5
