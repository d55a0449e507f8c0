from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis import pixels

GREY = np.full((40, 50, 3), 120, np.float32)


def test_bytes_are_clipped_and_rounded() -> None:
    image = np.array([[[-3.0, 254.6, 300.0]]], np.float32)
    assert pixels.to_bytes(image).tolist() == [[[0, 255, 255]]]


def test_noise_is_seeded_and_has_the_requested_strength() -> None:
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
def test_saving_keeps_the_size(kind: str) -> None:
    assert pixels.save_and_read(GREY, 80, kind).shape == GREY.shape


def test_matching_adopts_the_target_mean() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = (
        rng.uniform(0, 90, GREY.shape).astype(np.float32),
        rng.uniform(90, 255, GREY.shape).astype(np.float32),
    )
    matched = pixels.match_statistics(ours, theirs, np.ones((40, 50), np.float32), 1.0)
    assert np.allclose(matched.mean((0, 1)), theirs.mean((0, 1)), atol=0.5)


def test_tint_keeps_grey_copies_uniform() -> None:
    rng = np.random.default_rng(1)
    colourful = rng.uniform(0, 255, GREY.shape).astype(np.float32)
    bluish = rng.uniform(50, 200, (40, 50, 1)).astype(np.float32) * np.array([0.7, 0.9, 1.0], np.float32)
    tinted = pixels.tint_like(colourful, bluish, np.ones((40, 50), np.float32))
    assert np.corrcoef(tinted[..., 0].ravel(), tinted[..., 2].ravel())[0, 1] > 0.999


def test_channel_noise_differs_only_as_requested() -> None:
    grey, coloured = (pixels.noise(np.random.default_rng(4), (80, 80), 6.0, 0.5, share) for share in (0.0, 1.0))
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert abs(float(np.corrcoef(coloured[..., 0].ravel(), coloured[..., 2].ravel())[0, 1])) < 0.1


def test_noise_may_exceed_its_bank() -> None:
    field = pixels.grain(np.random.default_rng(2), (40, 2100), 0.0)
    assert field.shape == (40, 2100)
    assert field.std() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("sigma_px", [1.0, 3.9, 4.1, 9.0])
def test_blur_has_the_requested_width_by_any_method(sigma_px: float) -> None:
    dot = np.zeros((129, 129, 3), np.float32)
    dot[64, 64] = 1000
    profile = pixels.blur(dot, sigma_px)[..., 0].sum(0)
    spread = np.sqrt((profile * (np.arange(129) - 64) ** 2).sum() / profile.sum())
    assert spread == pytest.approx(sigma_px, rel=0.15)


def test_tone_curve_is_applied() -> None:
    assert pixels.curve(GREY, 255 - np.arange(256, dtype=np.float32)).max() == 135


def test_overlays_a_single_colour() -> None:
    red = np.array([200, 0, 0], np.float32)
    assert pixels.blend(GREY, red, np.full((40, 50), 0.5, np.float32))[3, 3].tolist() == [160, 60, 60]


def test_invalid_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        pixels.opened(b"none")
