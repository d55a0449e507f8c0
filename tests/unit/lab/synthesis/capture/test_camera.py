from __future__ import annotations

import collections
import dataclasses

import msgspec
import numpy as np
import pytest

from img_super.domain import Float32Array
from img_super.lab.synthesis.capture.camera import KINDS, Capture, draw_capture, facts_of, photograph, set_up
from img_super.lab.synthesis.capture.occluders import Occluder
from img_super.lab.synthesis.capture.view import View, draw_view
from tests.unit.lab.synthesis.capture.cards import plain_card, table


def _taken(seed: int, image: Float32Array, gloss: Float32Array, view: View, capture: Capture) -> Float32Array:
    return photograph(set_up(np.random.default_rng(seed), image.shape, table(), view, capture), image, gloss)


def _shot(seed: int, image: Float32Array, sides: float = 3.1) -> tuple[Float32Array, View, Capture]:
    rng = np.random.default_rng(seed)
    capture = draw_capture(rng)
    view = draw_view(rng, plain_card(), 40.0, sides, capture.kind)
    return _taken(seed, image, plain_card().gloss, view, capture), view, capture


@pytest.mark.parametrize("seed", range(15))
def test_photos_are_valid_and_seeded(seed: int) -> None:
    photo, view, _ = _shot(seed, plain_card().image)
    again, _, _ = _shot(seed, plain_card().image)
    assert photo.dtype == np.float32
    assert photo.shape == (view.wh[1], view.wh[0], 3)
    assert photo.min() >= 0
    assert photo.max() <= 255
    assert photo.std() > 1
    assert np.array_equal(photo, again)


def test_changing_the_face_leaves_the_rest_unchanged() -> None:
    """With equal noise, light and exposure, only the area around the face may differ."""
    other = plain_card().image
    other[60:150, 55:125] = (60, 90, 200)
    for seed in range(20):
        first, view, _ = _shot(seed, plain_card().image)
        second, _, capture = _shot(seed, other)
        if capture.sensor.local_contrast or capture.sensor.zoom > 1:
            continue
        corner = np.s_[:6, :6]
        assert np.abs(first[corner] - second[corner]).max() <= 1, (seed, view)
        middle = np.s_[round(view.face_y_px), round(view.face_x_px)]
        assert capture.scene.occluders or np.abs(first[middle] - second[middle]).max() > 4, seed


def test_photos_differ_and_every_kind_occurs() -> None:
    kinds = collections.Counter(draw_capture(np.random.default_rng(seed)).kind for seed in range(400))
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 5
    means = [_shot(seed, plain_card().image)[0].mean((0, 1)) for seed in range(15)]
    assert np.std(means, axis=0).min() > 15


def test_copies_are_grey() -> None:
    seeds = [seed for seed in range(80) if draw_capture(np.random.default_rng(seed)).kind == "copier"]
    assert seeds
    photo = _shot(seeds[0], plain_card().image)[0]
    assert np.ptp(photo, axis=2).max() < 1.5


def test_wide_photo_shows_the_table_and_glare_needs_gloss() -> None:
    seed = next(s for s in range(99) if draw_capture(np.random.default_rng(s)).kind == "phone")
    capture = draw_capture(np.random.default_rng(seed))
    light = capture.light
    glare = dataclasses.replace(light.glare, kind="lamp", strength=2.0, x=0.0, y=0.0, size=0.5, hologram=0.0)
    capture = dataclasses.replace(capture, light=dataclasses.replace(light, glare=glare))
    view = draw_view(np.random.default_rng(1), plain_card(), 40.0)
    shots = [_taken(1, plain_card().image, plain_card().gloss * gloss, view, capture) for gloss in (0.0, 1.0)]
    middle = np.s_[round(view.face_y_px), round(view.face_x_px)]
    assert (shots[1] - shots[0])[middle].min() > 20


@pytest.mark.parametrize("kind", ["finger", "pen"])
def test_occluder_hides_what_is_below(kind: str) -> None:
    seed = next(s for s in range(99) if draw_capture(np.random.default_rng(s)).kind == "phone")
    capture = draw_capture(np.random.default_rng(seed))
    held = Occluder(kind, 0.0, 0.0, 270.0, 0.7, 5.0, (80.0, 52.0, 38.0), (90.0, 60.0, 50.0), 2.0, False)
    shots = []
    for occluders in ((), (held,)):
        scene = dataclasses.replace(capture.scene, occluders=occluders)
        view = draw_view(np.random.default_rng(1), plain_card(), 60.0)
        capture = dataclasses.replace(capture, scene=scene)
        shots.append(_taken(1, plain_card().image, plain_card().gloss, view, capture))
    below = np.s_[round(view.face_y_px + 40), round(view.face_x_px)]
    assert shots[1][below].mean() < shots[0][below].mean() - 30
    assert np.abs(shots[1] - shots[0])[:10].max() < 10


def test_shot_state_does_not_carry_over() -> None:
    capture, card, white = draw_capture(np.random.default_rng(3)), plain_card(), np.full_like(plain_card().image, 250)
    view = draw_view(np.random.default_rng(1), card, 40.0)
    shot = set_up(np.random.default_rng(1), card.image.shape, table(), view, capture)
    first, _, again = (photograph(shot, image, card.gloss) for image in (card.image, white, card.image))
    assert np.array_equal(first, again)


def test_facts_are_flat_and_serialisable() -> None:
    rng = np.random.default_rng(3)
    facts = facts_of(draw_capture(rng)) | facts_of(draw_view(rng, plain_card(), 60.0), "view")
    assert all(isinstance(value, (str, float, bool)) for value in facts.values())
    assert {"kind", "sensor.noise", "light.glare.kind", "view.curl", "first_quality"} <= set(facts)
    assert msgspec.json.decode(msgspec.json.encode(facts)) == facts
    assert draw_capture(np.random.default_rng(4)) == msgspec.convert(
        msgspec.to_builtins(draw_capture(np.random.default_rng(4))), Capture
    )
