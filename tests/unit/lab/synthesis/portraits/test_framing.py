from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis.geometry import onto
from img_super.lab.synthesis.portraits.framing import free_window, head_of, to_frame_matrix
from tests.unit.lab.synthesis.portraits.people import person


def test_head_reaches_from_hair_to_chin() -> None:
    head = head_of(person())
    assert head.chin_y == pytest.approx(240)
    assert 85 <= head.crown_y <= 95
    assert head.centre_x == pytest.approx(150, abs=1)


@pytest.mark.parametrize("seed", range(20))
def test_chin_to_crown_takes_60_to_80_percent(seed: int) -> None:
    portrait = person(wh=(400, 500), centre_x=200)
    x_min, y_min, x_max, y_max = free_window(portrait, 0.78, np.random.default_rng(seed))
    assert 0.59 <= head_of(portrait).height_px / (y_max - y_min) <= 0.81
    assert (x_max - x_min) / (y_max - y_min) == pytest.approx(0.78)
    assert abs((x_min + x_max) / 2 - 200) <= 0.07 * (x_max - x_min)


@pytest.mark.parametrize("seed", range(20))
def test_free_window_ends_at_the_lower_edge_and_shows_the_whole_head(seed: int) -> None:
    portrait = person(wh=(200, 220), centre_x=110, chin_y=200)
    _, y_min, _, y_max = free_window(portrait, 0.78, np.random.default_rng(seed))
    assert y_max <= 220
    assert y_min <= head_of(portrait).crown_y


def test_free_window_stays_inside_when_hair_is_cut_off() -> None:
    cut = person(wh=(200, 220), centre_x=110, chin_y=140)
    tops = [free_window(cut, 0.78, np.random.default_rng(seed))[1] for seed in range(20)]
    assert cut.matte[0].max() == 255
    assert min(tops) >= 0


def test_matrix_maps_the_window_onto_the_frame() -> None:
    matrix = to_frame_matrix((10, 20, 60, 120), (100, 200))
    corners = onto(matrix, np.array([[9.5, 19.5], [59.5, 119.5]], np.float32))  # the outer edges of the corner pixels
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [99.5, 199.5]], atol=1e-4)


def test_turned_and_frontal_faces_are_distinguished() -> None:
    portrait = person()
    assert abs(portrait.turn) < 0.02
    portrait.landmarks[2, 0] += 40
    assert portrait.turn > 0.7
