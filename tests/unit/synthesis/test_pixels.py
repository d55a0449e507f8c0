from __future__ import annotations

import numpy as np
import pytest

from img_super.synthesis import pixels, printing
from img_super.synthesis.designs import procedural

GREY = np.full((40, 50, 3), 120, np.float32)


def test_bytes_are_clipped_and_rounded() -> None:
    image = np.array([[[-3.0, 254.6, 300.0]]], np.float32)
    assert pixels.to_bytes(image).tolist() == [[[0, 255, 255]]]


def test_noise_is_seeded_and_as_strong_as_asked() -> None:
    one, other = (pixels.noise(np.random.default_rng(4), (80, 80), 6.0, 0.0, 0.0) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.std() == pytest.approx(6, rel=0.1)


def test_alpha_of_one_covers_and_of_zero_leaves() -> None:
    over = GREY + 50
    alpha = np.zeros((40, 50), np.float32)
    alpha[:20] = 1
    blended = pixels.blend(GREY, over, alpha)
    assert (blended[:20] == 170).all()
    assert (blended[20:] == 120).all()


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_a_save_keeps_the_size(kind: str) -> None:
    assert pixels.save_and_read(GREY, 80, kind).shape == GREY.shape


def test_matching_gives_the_mean_of_the_target() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = (
        rng.uniform(0, 90, GREY.shape).astype(np.float32),
        rng.uniform(90, 255, GREY.shape).astype(np.float32),
    )
    matched = pixels.match_statistics(ours, theirs, np.ones((40, 50), np.float32), 1.0)
    assert np.allclose(matched.mean((0, 1)), theirs.mean((0, 1)), atol=0.5)


def test_a_tint_leaves_grey_copies_without_colour_of_their_own() -> None:
    rng = np.random.default_rng(1)
    colourful = rng.uniform(0, 255, GREY.shape).astype(np.float32)
    bluish = rng.uniform(50, 200, (40, 50, 1)).astype(np.float32) * np.array([0.7, 0.9, 1.0], np.float32)
    tinted = pixels.tint_like(colourful, bluish, np.ones((40, 50), np.float32))
    assert np.corrcoef(tinted[..., 0].ravel(), tinted[..., 2].ravel())[0, 1] > 0.999


def test_a_photocopy_loses_its_colour() -> None:
    rng = np.random.default_rng(1)
    process = next(p for p in (printing.draw_print_process(rng) for _ in range(99)) if p.photocopy and p.kind == "dots")
    colourful = rng.uniform(0, 255, GREY.shape).astype(np.float32)
    copied = printing.print_picture(colourful, process, rng)
    assert np.abs(copied[..., 0] - copied[..., 2]).mean() < np.abs(colourful[..., 0] - colourful[..., 2]).mean() / 4


def test_designs_hold_their_frame() -> None:
    for seed in range(25):
        design = procedural(np.random.default_rng(seed), 90)
        height, width = design.base.shape[:2]
        assert 0 <= design.frame[0] < design.frame[2] <= width
        assert 0 <= design.frame[1] < design.frame[3] <= height
        assert design.cover.shape == (height, width)
