from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from img_super.detector.letterbox import letterbox
from img_super.detector.outputs import FloatBox
from img_super.detector.pyramid import Pyramid
from img_super.domain import RgbImage
from img_super.lab.training.detector.placing import Placing, draw_placing, fitted, placed_image, placed_truth
from img_super.lab.training.detector.targets import rotation_after
from img_super.turn import turn
from tests.labelled_photos import CORNERS_RGB, FACE_RGB, GHOST_RGB, labelled_photo

SIDE = 256

placings = st.builds(
    Placing,
    quarters=st.integers(0, 3),
    askew_deg=st.sampled_from([0.0, 0.0, -12.0, 9.0]),
    mirrored=st.booleans(),
    scale=st.floats(0.5, 1.1),
    focus=st.just((100.0, 70.0)),
    target=st.tuples(st.floats(110, 146), st.floats(110, 146)),
)


def middle_of(image: RgbImage, colour: tuple[int, int, int]) -> tuple[float, float] | None:
    """A colour's position, edges at 0; None if too little is visible."""
    rows, columns = np.nonzero((np.abs(image.astype(int) - colour) < 70).all(axis=2))
    return (float(columns.mean()) + 0.5, float(rows.mean()) + 0.5) if len(rows) > 12 else None


@settings(max_examples=60, deadline=None)
@given(placing=placings)
def test_labels_move_with_the_pixels(placing: Placing) -> None:
    photo = labelled_photo()
    image, truth = placed_image(photo.image, placing, SIDE), placed_truth(photo, placing)
    for box, colour in ((truth.portrait, FACE_RGB), (truth.others[0], GHOST_RGB)):
        seen = middle_of(image, colour)
        assert seen is not None
        assert seen == pytest.approx((box.x, box.y), abs=1.2)


@settings(max_examples=40, deadline=None)
@given(quarters=st.integers(0, 3), mirrored=st.booleans())
def test_corners_start_at_the_displayed_upper_left(quarters: int, mirrored: bool) -> None:
    photo = labelled_photo()
    placing = Placing(quarters, 0.0, mirrored, 1.0, (100.0, 70.0), (128.0, 128.0))
    image, corners = placed_image(photo.image, placing, SIDE), placed_truth(photo, placing).corners
    assert corners[0].tolist() == corners.min(0).tolist()
    assert corners[2].tolist() == corners.max(0).tolist()
    assert corners[1, 0] > corners[0, 0]
    assert corners[1, 1] == pytest.approx(corners[0, 1], abs=0.01)
    if not mirrored:  # the document's first corner after this many turns
        for number, colour in enumerate(CORNERS_RGB):
            assert middle_of(image, colour) == pytest.approx(tuple(corners[(number + quarters) % 4]), abs=1.2)


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("wh", [(200, 140), (190, 240)])
def test_fitted_equals_the_letterbox_of_the_rotated_photo(quarters: int, wh: tuple[int, int]) -> None:
    photo = labelled_photo(*wh)
    turned = photo.image if not quarters else cv2.rotate(photo.image, quarters - 1)
    served = letterbox(Pyramid(np.asarray(turned, np.uint8)), (SIDE, SIDE))
    placing = fitted(photo, SIDE, quarters)
    placed = placed_image(photo.image, placing, SIDE)
    assert placing.scale == pytest.approx(1 / served.pixels_each)
    width, height = served.shown_wh
    inner = np.s_[2 : round(height) - 2, 2 : round(width) - 2]
    assert np.abs(placed[inner].astype(int) - served.pixels[inner]).mean() < 3


@pytest.mark.parametrize("quarters", range(4))
def test_rotation_undoes_the_quarter_turns(quarters: int) -> None:
    photo = labelled_photo().image
    turned = np.rot90(photo, -quarters)  # clockwise
    assert np.array_equal(turn(np.ascontiguousarray(turned), rotation_after(quarters)), photo)


def test_rotated_face_swaps_its_sides() -> None:
    photo = labelled_photo()
    box = placed_truth(photo, fitted(photo, 400, 1)).portrait
    assert (box.width, box.height) == pytest.approx((80, 60))
    assert isinstance(box, FloatBox)


def test_drawn_placings_mostly_show_the_face_in_every_rotation() -> None:
    photo = labelled_photo()
    drawn = [draw_placing(np.random.default_rng([1, n]), photo, SIDE) for n in range(200)]
    boxes = [placed_truth(photo, placing).portrait for placing in drawn]
    inside = [0 < box.x < SIDE and 0 < box.y < SIDE for box in boxes]
    assert 0.85 < np.mean(inside) < 0.99
    assert {placing.quarters for placing in drawn} == {0, 1, 2, 3}
    assert {placing.mirrored for placing in drawn} == {True, False}
