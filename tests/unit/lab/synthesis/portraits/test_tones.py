from __future__ import annotations

import numpy as np
import pytest

from img_super.domain import Float32Array
from img_super.lab.synthesis.portraits.tones import KINDS, apply_tone, draw_tone

RAMP = np.repeat(np.linspace(0, 255, 200, dtype=np.float32)[None], 160, axis=0)


def _toned(image: Float32Array, kind: str, seed: int) -> Float32Array:
    rng = np.random.default_rng(seed)
    return apply_tone(image, draw_tone(rng, (kind,)), rng)


def _coloured_ramp() -> Float32Array:
    return np.stack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 90)], axis=2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_tone_is_seeded_and_keeps_size_and_range(kind: str) -> None:
    image = np.stack([RAMP] * 3, axis=2)
    first, second = _toned(image, kind, 4), _toned(image, kind, 4)
    assert first.shape == image.shape
    assert first.dtype == np.float32
    assert first.tobytes() == second.tobytes()
    assert first[:, -40:].mean() > first[:, :40].mean() + 60  # light stays light


@pytest.mark.parametrize("kind", ["engraved", "halftoned"])
def test_lines_and_dots_are_denser_in_the_dark(kind: str) -> None:
    rng = np.random.default_rng(7)
    tone = draw_tone(rng, (kind,))
    printed = apply_tone(np.stack([RAMP] * 3, axis=2), tone, rng).mean(axis=(0, 2))
    strips = printed.reshape(10, 20).mean(axis=1)
    assert np.all(np.diff(strips) > -4)
    middle = apply_tone(np.full((160, 160, 3), 128, np.float32), tone, rng)
    assert middle.std() > 10  # it is made of lines or dots, not of even grey


@pytest.mark.parametrize("kind", ["grey", "sepia", "duotone", "engraved"])
def test_grey_tones_have_no_colour(kind: str) -> None:
    rng = np.random.default_rng(2)
    tone = draw_tone(rng, (kind,))
    printed = apply_tone(_coloured_ramp(), tone, rng).reshape(-1, 3)
    ink, paper = np.array(tone.ink), np.array(tone.paper)
    direction = np.ones(3) if kind == "grey" else paper - ink
    away = (printed - (0 if kind == "grey" else ink)) @ np.linalg.svd(direction[None])[2][1:].T
    assert np.abs(away).max() < 1


def test_colour_tone_keeps_colours() -> None:
    image = _coloured_ramp()
    assert np.corrcoef(_toned(image, "colour", 1).ravel(), image.ravel())[0, 1] > 0.99
