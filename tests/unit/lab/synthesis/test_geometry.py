from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis.geometry import onto, overlap, scale_of, shifted, warp


def test_maps_points_affinely_and_projectively() -> None:
    affine = np.array([[2, 0, 5], [0, 2, -1]], np.float32)
    points = np.array([[1, 1], [4, 0]], np.float32)
    assert onto(affine, points).tolist() == [[7, 1], [13, -1]]
    assert np.allclose(onto(np.vstack([affine, [0, 0, 1]]), points), onto(affine, points))


def test_warp_moves_pixels_like_points() -> None:
    image = np.zeros((20, 20, 3), np.float32)
    image[5, 4] = 90
    assert warp(image, shifted(7, 2), (30, 20))[7, 11].tolist() == [90, 90, 90]


def test_shrinking_does_not_alias() -> None:
    stripes = np.tile(np.array([0, 255], np.float32), (64, 32))
    small = warp(np.repeat(stripes[..., None], 3, 2), np.diag([0.3, 0.3, 1]).astype(np.float32), (19, 19))
    assert small[4:-4, 4:-4].std() < 20


def test_scale_of_a_map() -> None:
    assert scale_of(np.diag([3, 3, 1]).astype(np.float32)) == pytest.approx(3)


def test_boxes_are_clipped_to_the_picture() -> None:
    assert overlap((-4, 2, 30, 90), (20, 50)) == (0, 2, 20, 50)
