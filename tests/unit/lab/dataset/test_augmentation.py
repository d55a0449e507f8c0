from __future__ import annotations

import numpy as np

from img_super.lab.dataset.augmentation import augment


def test_augmentation_is_seeded_and_keeps_shapes() -> None:
    rng = np.random.default_rng(3)
    crop = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    mask = rng.integers(0, 255, (56, 56), dtype=np.uint8)
    for seed in range(30):
        one, other = (augment(np.random.default_rng(seed), crop, mask) for _ in range(2))
        assert one[0].shape == crop.shape
        assert one[0].dtype == np.uint8
        assert one[1].shape == mask.shape
        assert np.array_equal(one[0], other[0])
