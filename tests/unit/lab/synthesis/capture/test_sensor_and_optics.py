from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from img_super.domain import Float32Array
from img_super.lab.synthesis.capture.optics import disc, draw_optics, smear, through_lens
from img_super.lab.synthesis.capture.sensor import DEMOSAICING, Sensor, develop, draw_sensor, tone_curve
from img_super.lab.synthesis.capture.view import View

VIEW = View((1, 0, 0, 0, 1, 0, 0, 0, 1), (160, 120), 30.0, 80.0, 60.0, 0.0, 0.0, 0.0)


def _plain() -> Sensor:
    return dataclasses.replace(
        draw_sensor(np.random.default_rng(1), "phone"),
        exposure=200.0, metered=90.0, balance=0.0, balance_error=(1.0, 1.0, 1.0), zoom=1.0, noise=0.0, rows=0.0,
        mosaic="none", cleaning="none", gamma=1.0, contrast=0.0, black=0.0, white=255.0, local_contrast=0.0,
        saturation=1.0, sharpening=0.0,
    )  # fmt: skip


def _light() -> Float32Array:
    light = np.full((120, 160, 3), 0.2, np.float32)
    light[:, 80:] = (0.4, 0.3, 0.2)
    return light


def _developed(sensor: Sensor, light: Float32Array | None = None) -> Float32Array:
    return develop(_light() if light is None else light, VIEW, sensor, np.random.default_rng(2))


def test_exposure_compensates_the_light() -> None:
    bright, dim = _developed(_plain()), _developed(_plain(), _light() * np.float32(0.05))
    assert np.sqrt((bright[:, 120:] ** 2).mean()) == pytest.approx(200, rel=0.05)
    assert np.abs(bright - dim).max() < 2


def test_grey_world_removes_the_colour_cast() -> None:
    cast = np.full((120, 160, 3), (0.4, 0.2, 0.1), np.float32)
    kept, taken = (_developed(dataclasses.replace(_plain(), balance=share), cast) for share in (0.0, 1.0))
    assert np.ptp(kept[60, 20]) > 60
    assert np.ptp(taken[60, 20]) < 6


@pytest.mark.parametrize("level", [0.05, 0.4])
def test_noise_has_the_requested_strength_and_grows_in_the_dark(level: float) -> None:
    light = np.full((120, 160, 3), level, np.float32)
    light[:, :10] = 1.0
    sensor = dataclasses.replace(
        _plain(), noise=5.0, chroma=1.0, grain_px=0.0, dark_noise=1.0, exposure=250.0, metered=99.5
    )
    picture = _developed(sensor, light)[:, 20:]
    expected = 5 * (2 - float(picture.mean()) / 255)
    assert picture.std(axis=(0, 1)).mean() == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("way", DEMOSAICING)
def test_demosaicing_keeps_flat_colours_in_their_channels(way: str) -> None:
    plain, demosaicked = _developed(_plain()), _developed(dataclasses.replace(_plain(), mosaic=way))
    assert np.abs(plain[20:100, 20:60] - demosaicked[20:100, 20:60]).max() <= 1
    assert np.abs(plain[20:100, 100:150] - demosaicked[20:100, 100:150]).max() <= 1


@pytest.mark.parametrize("cleaning", ["chroma", "median", "bilateral", "smear"])
def test_denoising_keeps_edges(cleaning: str) -> None:
    noisy = dataclasses.replace(_plain(), noise=6.0, chroma=0.8, dark_noise=0.0)
    before, after = _developed(noisy), _developed(dataclasses.replace(noisy, cleaning=cleaning, cleaning_strength=1.0))
    flat = np.s_[:, 10:70]
    spread = [np.ptp(picture[flat] - picture[flat].mean((0, 1)), axis=2).mean() for picture in (before, after)]
    assert spread[1] < 0.85 * spread[0]
    assert after[:, 90].mean() - after[:, 70].mean() > 0.7 * (before[:, 90].mean() - before[:, 70].mean())


def test_saturation_zoom_and_tone_are_applied() -> None:
    assert np.ptp(_developed(dataclasses.replace(_plain(), saturation=0.0)), axis=2).max() < 1
    assert _developed(dataclasses.replace(_plain(), zoom=1.7)).shape == (120, 160, 3)
    table = tone_curve(dataclasses.replace(_plain(), contrast=0.5, black=10.0)).astype(int)
    assert table[0] == 10
    assert (np.diff(table) >= 0).all()
    assert table[64] < 64 + 10
    assert table[192] > 192


def test_blur_kernels_sum_to_one_and_have_their_size() -> None:
    assert disc(3.0).sum() == pytest.approx(1)
    assert disc(3.0).shape == (7, 7)
    assert disc(3.0)[0, 0] == 0
    kernel = smear(9.0, 0.0, 0.0)
    assert kernel.sum() == pytest.approx(1)
    rows, columns = np.nonzero(kernel > 0.01)
    assert np.ptp(columns) >= 7
    assert np.ptp(rows) <= 2


def test_lens_defects_are_visible() -> None:
    none = dataclasses.replace(
        draw_optics(np.random.default_rng(1), 1.0), blur_px=0.0, defocus=0.0, motion=0.0, fringe=0.0, vignette=0.0
    )
    assert np.array_equal(through_lens(_light(), VIEW, none), _light())
    for change in (
        {"blur_px": 1.5},
        {"defocus": 0.06},
        {"motion": 0.2, "motion_deg": 0.0},
        {"fringe": 0.05, "fringe_deg": 0.0},
    ):
        seen = through_lens(_light(), VIEW, dataclasses.replace(none, **change))
        assert np.abs(seen - _light())[:, 76:84].max() > 0.01
        assert np.abs(seen - _light())[:, 10:60].max() < 1e-4
    dark = through_lens(_light(), VIEW, dataclasses.replace(none, vignette=0.5, vignette_x=0.0, vignette_y=0.0))
    assert dark[0, 0, 0] < 0.95 * dark[60, 70, 0]
