from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from img_super.lab.synthesis.capture.view import card_alpha, draw_view, look_at
from img_super.lab.synthesis.geometry import onto, scale_of
from tests.unit.lab.synthesis.capture.cards import plain_card


@pytest.mark.parametrize("seed", range(12))
def test_face_has_the_requested_position_and_width(seed: int) -> None:
    card = plain_card()
    view = draw_view(np.random.default_rng(seed), card, 60.0)
    x, y = onto(view.matrix, card.landmarks.mean(0, keepdims=True))[0]
    assert view.wh == (186, 186)
    assert (x, y) == pytest.approx((view.face_x_px, view.face_y_px), abs=0.1)
    assert abs(x - 93) < 15
    assert abs(y - 93) < 15
    ends = onto(view.matrix, card.landmarks.mean(0) + np.array([[-40, 0], [40, 0]], np.float32))
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(60, rel=0.2)


@pytest.mark.parametrize("seed", range(12))
def test_wide_photo_shows_the_whole_card_when_it_fits(seed: int) -> None:
    card = plain_card()
    view = draw_view(np.random.default_rng(seed), card, 40.0, sides=12)
    corners = onto(view.matrix, np.array([[0, 0], [320, 0], [320, 220], [0, 220]], np.float32))
    extent = corners.max(0) - corners.min(0)
    if (extent < view.wh).all():
        assert (corners.min(0) > -1).all()
        assert (corners.max(0) < np.array(view.wh) + 1).all()


def test_scans_are_flat() -> None:
    views = [draw_view(np.random.default_rng(seed), plain_card(), 60.0, kind="scanner") for seed in range(20)]
    assert all(abs(view.matrix[2, 0]) < 1e-8 and not view.bends for view in views)


def test_curl_moves_the_edge_but_not_the_portrait() -> None:
    card = plain_card()
    view = draw_view(np.random.default_rng(3), card, 60.0, kind="scanner")
    bent = dataclasses.replace(view, curl=0.03, curl_deg=20.0)
    spots = np.zeros((220, 320), np.float32)
    spots[105:115, 85:95] = 1  # the portrait's centre
    spots[150:160, 150:160] = 1
    flat_spots, bent_spots = look_at(spots, view), look_at(spots, bent)
    x, y = round(view.face_x_px), round(view.face_y_px)
    near = np.s_[y - 8 : y + 8, x - 8 : x + 8]
    assert np.abs(flat_spots[near] - bent_spots[near]).max() < 0.1
    assert np.abs(flat_spots - bent_spots).max() > 0.5


def test_outline_follows_the_bent_card() -> None:
    card = plain_card()
    view = dataclasses.replace(
        draw_view(np.random.default_rng(3), card, 30.0, sides=7), curl=0.02, curl_deg=70.0, ripple=0.0
    )
    seen = look_at(np.ones((220, 320), np.float32), view, border=0)
    outline = card_alpha((220, 320), view, 0.0)
    assert scale_of(view.matrix) < 1
    assert np.mean(np.abs(seen - outline) > 0.5) < 0.02
    assert 0.05 < outline.mean() < 0.95


@pytest.mark.parametrize("curl", [0.0, 1e-6])
@pytest.mark.parametrize("face_width_px", [25.0, 60.0, 110.0])
def test_matrix_maps_visible_points(curl: float, face_width_px: float) -> None:
    view = draw_view(np.random.default_rng(9), plain_card(), face_width_px, kind="scanner")
    spot = np.zeros((220, 320), np.float32)
    spot[90:101, 110:121] = 1
    seen = look_at(spot, dataclasses.replace(view, curl=curl), border=0)
    y, x = np.indices(seen.shape)
    middle = [float((seen * axis).sum() / seen.sum()) for axis in (x, y)]
    assert middle == pytest.approx(onto(view.matrix, np.array([[115, 95]], np.float32))[0].tolist(), abs=0.35)
    assert seen.sum() == pytest.approx(121 * scale_of(view.matrix) ** 2, rel=0.1)
