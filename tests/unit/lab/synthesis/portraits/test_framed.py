from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis.portraits.backgrounds import KINDS, draw_background, paint_background
from img_super.lab.synthesis.portraits.framed import filled_background, framed, pure_foreground
from tests.unit.lab.synthesis.portraits.people import person

ASPECT = 0.78


def test_matte_landmarks_and_outline_follow_the_picture() -> None:
    portrait = person()
    photo = framed(portrait, ASPECT, np.random.default_rng(1), draw_background(np.random.default_rng(1)), 300)
    assert photo.image.shape == (300, 234, 3)
    assert photo.matte.shape == (300, 234)
    for x, y in photo.landmarks.round().astype(int):
        assert photo.matte[y, x] > 0.95
        np.testing.assert_allclose(photo.image[y, x], (190, 140, 120), atol=6)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("own")])
def test_new_background_leaves_no_trace_of_the_old_one(kind: str) -> None:
    rng = np.random.default_rng(3)
    photo = framed(person(), ASPECT, rng, draw_background(rng, (kind,)), 300)
    green = photo.image[:, :, 1] - np.maximum(photo.image[:, :, 0], photo.image[:, :, 2])
    assert green.max() < 30  # the wall was 100 greener; the greenest new background is 20


def test_cut_out_has_a_hard_edge() -> None:
    def mixed(kind: str) -> int:
        """Pixels that are neither the person's nor the background's."""
        rng = np.random.default_rng(3)
        image = framed(person(), ASPECT, rng, draw_background(np.random.default_rng(3), (kind,)), 300).image
        person_away, wall_away = (np.abs(image - colour).max(axis=2) for colour in (image[150, 117], image[4, 4]))
        return int((np.minimum(person_away, wall_away) > 25).sum())

    assert mixed("cut_out") < 0.2 * mixed("plain")


def test_own_background_is_unchanged() -> None:
    rng = np.random.default_rng(3)
    portrait = person(wh=(400, 500), centre_x=200)
    photo = framed(portrait, ASPECT, rng, draw_background(rng, ("own",)))
    np.testing.assert_allclose(
        photo.image[photo.matte < 0.01], [[40, 160, 60]] * int((photo.matte < 0.01).sum()), atol=4
    )


def test_background_extends_beyond_the_picture() -> None:
    rng = np.random.default_rng(0)
    portrait = person(wh=(170, 250), centre_x=85, chin_y=190)
    portrait.image[:4, :3] = 255  # would be drawn out into a streak by a mere repeated border
    photo = framed(portrait, 1.3, rng, draw_background(rng, ("own",)), 250)
    np.testing.assert_allclose(photo.image[2, 2], (40, 160, 60), atol=20)


@pytest.mark.parametrize("chin_y", [160.0, 240.0, 350.0])
def test_shoulders_reach_the_bottom_of_the_frame(chin_y: float) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        photo = framed(person(chin_y=chin_y), ASPECT, rng, draw_background(rng), 200)
        assert photo.matte[-1].max() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_gives_the_same_bytes(kind: str) -> None:
    first, second = (
        framed(person(), ASPECT, rng, draw_background(rng, (kind,)), 160).image.tobytes()
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert first == second


def test_backgrounds_match_their_names() -> None:
    hw = (200, 160)
    spread = {}
    for kind in ("plain", "gradient", "curtain"):
        rng = np.random.default_rng(2)
        painted = paint_background(draw_background(rng, (kind,)), hw, rng)[:, :, 0]
        spread[kind] = float(painted.std()), float(np.abs(np.diff(painted, axis=1)).mean())
    assert spread["plain"][0] < 1e-3
    assert spread["gradient"][0] > 1
    assert spread["curtain"][1] > 3 * spread["gradient"][1]


def test_filled_background_is_independent_of_the_person() -> None:
    portrait = person()
    filled = filled_background(portrait.image.astype(np.float32), portrait.matte.astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(filled[200, 150], (40, 160, 60), atol=5)


def test_foreground_is_recovered_from_mixed_pixels() -> None:
    matte = np.repeat(np.clip(np.linspace(-4, 5, 120, dtype=np.float32), 0, 1)[None], 200, axis=0)
    behind = np.full((200, 120, 3), (0, 200, 0), np.float32)
    image = matte[:, :, None] * np.float32(150) + (1 - matte[:, :, None]) * behind
    pure = pure_foreground(image, matte, behind)
    for column in (57, 60, 63):
        assert np.abs(pure[:, column] - 150).max() < 0.5 * np.abs(image[:, column] - 150).max()
