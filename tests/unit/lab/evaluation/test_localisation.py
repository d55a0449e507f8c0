from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.evaluation.localisation import overlaps, peak_inside


def test_overlap_and_peak() -> None:
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[:3, :4] = 255
    heat_maps = np.zeros((4, 4, 4), np.float32)
    heat_maps[0, :2] = 1  # as the mask
    heat_maps[1, 2:] = 1  # where it is not
    heat_maps[2] = 0.9  # everywhere; the fourth: nothing, and nothing was laid over
    assert overlaps(heat_maps, masks) == pytest.approx([1, 0, 0.5, 1], abs=0.01)
    assert peak_inside(heat_maps, masks)[:2].tolist() == [True, False]


def test_higher_threshold_shows_less() -> None:
    masks = np.full((1, 8, 8), 255, np.uint8)
    heat_map = np.linspace(0, 1, 8, dtype=np.float32)[None, :, None].repeat(8, 2)
    shares = [overlaps(heat_map, masks, cut)[0] for cut in (0.1, 0.5, 0.9)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2]
