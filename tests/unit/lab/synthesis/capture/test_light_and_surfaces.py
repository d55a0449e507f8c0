from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from img_super.lab.synthesis.capture.light import Lamp, Light, draw_light, falling, lit, on_bent, shine_of
from img_super.lab.synthesis.capture.scene import _SURFACE_SHARES
from img_super.lab.synthesis.capture.surfaces import KINDS, reduced, surface
from img_super.lab.synthesis.capture.view import View

VIEW = View((1, 0, 0, 0, 1, 0, 0, 0, 1), (186, 186), 60.0, 93.0, 93.0, 0.0, 0.0, 0.0)


def _light() -> Light:
    light = draw_light(np.random.default_rng(1))
    lamp = Lamp((1.0, 0.5, 0.25), 0.0, 0.0, 40.0, 1.0)
    none = dataclasses.replace(light.glare, kind="none", hologram=0.0)
    shade = dataclasses.replace(light.shade, kind="none")
    return dataclasses.replace(light, lamps=(lamp,), glare=none, shade=shade, unevenness=0.0)


def _lit(light: Light, gloss: float = 1.0) -> np.ndarray:
    white = np.ones((186, 186, 3), np.float32)
    return lit(white, white[:, :, 0] * np.float32(gloss), falling(VIEW, light, np.random.default_rng(1)))


def test_far_lamp_lights_evenly_in_its_colour() -> None:
    seen = _lit(_light())
    assert seen[93, 93] == pytest.approx([1.0, 0.5, 0.25], abs=0.01)
    assert np.abs(seen - seen[93, 93]).max() < 0.02


def test_near_lamp_falls_off() -> None:
    near = Lamp((1.0, 1.0, 1.0), -2.0, 0.0, 2.5, 1.0)
    seen = _lit(dataclasses.replace(_light(), lamps=(near,)))
    assert seen[93, 5, 0] > 1.2
    assert seen[93, 180, 0] < 0.8


def test_bent_card_is_brighter_towards_the_lamp() -> None:
    beside = Lamp((1.0, 1.0, 1.0), 30.0, 0.0, 30.0, 1.0)
    light = dataclasses.replace(_light(), lamps=(beside,))
    bent = dataclasses.replace(VIEW, curl=0.03)
    flat, inside = falling(VIEW, light, np.random.default_rng(1)), np.zeros((186, 186), np.float32)
    inside[:93] = 1
    change = on_bent(flat, bent, light, inside).diffuse / flat.diffuse - 1
    assert change[40, 170, 0] > 0.05
    assert change[40, 16, 0] < -0.05
    assert np.abs(change[100:]).max() < 1e-6
    assert on_bent(flat, VIEW, light, inside) is flat


@pytest.mark.parametrize("kind", ["edge", "phone", "hand", "blinds", "leaves"])
def test_shadows_darken_a_part(kind: str) -> None:
    shade = dataclasses.replace(_light().shade, kind=kind, depth=0.8, soft=0.02, x=0.2, y=0.1, deg=20.0, size=0.7)
    seen = _lit(dataclasses.replace(_light(), shade=shade))[:, :, 0]
    assert 0.05 < (seen < 0.4).mean() < 0.95
    assert (seen > 0.9).mean() > 0.05


@pytest.mark.parametrize("kind", ["lamp", "tube", "window", "broad"])
def test_glare_follows_the_gloss(kind: str) -> None:
    glare = dataclasses.replace(_light().glare, kind=kind, strength=1.0, x=0.2, y=0.2, deg=10.0, size=0.6, soft=0.1)
    light = dataclasses.replace(_light(), glare=glare)
    added = _lit(light) - _lit(_light())
    assert added.max() > 0.3
    assert added.min() > -0.01
    assert np.abs(_lit(light, 0.0) - _lit(_light())).max() < 1e-6


def test_holograms_flash_in_colours() -> None:
    glare = dataclasses.replace(_light().glare, hologram=0.6, hologram_bands=2.0, x=0.0, y=0.0)
    shine = shine_of(VIEW, glare)
    assert shine is not None
    assert np.ptp(shine, axis=2).max() > 0.3
    assert shine_of(VIEW, _light().glare) is None


@pytest.mark.parametrize("kind", KINDS)
def test_surfaces_are_textured_and_seeded(kind: str) -> None:
    image = surface(kind, 1).image
    surface.cache_clear()
    assert np.array_equal(image, surface(kind, 1).image)
    assert image.dtype == np.uint8
    assert image.std() > 2
    assert not np.array_equal(image, surface(kind, 2).image)


def test_reduced_surfaces_keep_their_millimetres() -> None:
    whole, half = surface("cloth", 0), reduced("cloth", 0, 1)
    assert half.image.shape[0] * 2 == whole.image.shape[0]
    assert half.px_per_mm * 2 == whole.px_per_mm


def test_every_texture_occurs() -> None:
    assert set(_SURFACE_SHARES) == {*KINDS, "picture"}
    assert min(_SURFACE_SHARES.values()) > 0
