"""Needs PyTorch, which is in no lock file and so not in CI."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")


def test_autoencoders_learn_and_reload(tmp_path: Path) -> None:
    from img_super.lab.training.folded.autoencoders import SIDE_PX, read_or_train

    face = np.full((SIDE_PX, SIDE_PX, 3), (180, 120, 90), np.uint8)
    model = read_or_train(tmp_path / "autoencoders.pt", [face], 60, seed=1)
    again = read_or_train(tmp_path / "autoencoders.pt", [], 60, seed=1)
    rng, same = np.random.default_rng(2), np.random.default_rng(2)
    drawn = [model.drawn_again(rng, face) for _ in range(8)]
    assert np.abs(drawn[0].astype(int) - face).mean() < 20
    assert len({picture.tobytes() for picture in drawn}) > 1
    np.testing.assert_array_equal(drawn[0], again.drawn_again(same, face))
