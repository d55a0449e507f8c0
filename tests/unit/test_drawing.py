from __future__ import annotations

import numpy as np
import pytest

from img_super.domain import Box, RgbImage
from img_super.drawing import Marks, draw

PORTRAIT = Box(40, 50, 80, 90)


@pytest.fixture
def grey() -> RgbImage:
    return np.full((120, 160, 3), 128, np.uint8)


def test_photo_is_not_modified(grey: RgbImage) -> None:
    drawn = draw(grey, Marks(PORTRAIT, text="attack"))
    assert (grey == 128).all()
    assert drawn.shape == grey.shape
    assert drawn.dtype == np.uint8


def test_box_has_the_colour_of_the_verdict(grey: RgbImage) -> None:
    red, green = (draw(grey, Marks(PORTRAIT, verdict=verdict))[50, 60] for verdict in ("attack", "bona_fide"))
    assert red[0] > max(red[1:])
    assert green[1] > max(green[0], green[2])
    rows, columns = np.nonzero((draw(grey, Marks(PORTRAIT)) != 128).any(axis=2))
    # OpenCV's lines are two pixels wide here: one may lie outside.
    assert (rows.min(), columns.min(), rows.max(), columns.max()) == pytest.approx((50, 40, 89, 79), abs=1)


def test_other_faces_are_drawn(grey: RgbImage) -> None:
    drawn = draw(grey, Marks(PORTRAIT, (Box(100, 10, 120, 30),)))
    assert (drawn[10, 110] != 128).any()


def test_heat_follows_the_map(grey: RgbImage) -> None:
    heat_map = np.zeros((2, 2), np.float32)
    heat_map[0, 1] = 1
    drawn = draw(grey, Marks(Box(0, 0, 4, 4), heat_map=heat_map, heated=Box(60, 20, 140, 100))).astype(int)
    redness = drawn[:, :, 0] - drawn[:, :, 2]
    assert redness[25, 135] > 50
    assert redness[95, 65] == 0
    assert redness[60, 30] == 0


@pytest.mark.parametrize("heated", [Box(-40, -40, 40, 40), Box(140, 100, 300, 260), Box(200, 200, 240, 240)])
def test_heat_outside_the_photo_is_clipped(grey: RgbImage, heated: Box) -> None:
    drawn = draw(grey, Marks(PORTRAIT, heat_map=np.ones((7, 7), np.float32), heated=heated))
    inside = heated.clipped((160, 120))
    hot = (drawn[:, :, 0] > 200) & (drawn[:, :, 2] < 80)
    assert hot.any() == bool(inside.area)


@pytest.mark.parametrize("portrait", [Box(0, 0, 160, 120), Box(150, 0, 160, 10), Box(0, 110, 10, 120)])
def test_text_stays_inside(grey: RgbImage, portrait: Box) -> None:
    assert draw(grey, Marks(portrait, text="undetermined 0.512")).shape == grey.shape
