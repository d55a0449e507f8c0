from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from img_super.lab.synthesis import pixels, printing


def _process(kind: str) -> printing.PrintProcess:
    drawn = printing.draw_print_process(np.random.default_rng(1))
    return replace(drawn, kind=kind, photocopy=False, blur_px=0.0, noise=0.0, definition=0.8, banding=0.0, black=0.0,
                   white=255.0, sharpen=0.0, shift_px=0.0, period_px=3.3)  # fmt: skip


@pytest.mark.parametrize("kind", printing.KINDS)
@pytest.mark.parametrize("value", [70.0, 128.0, 190.0])
def test_halftone_keeps_the_mean_tone(kind: str, value: float) -> None:
    flat = pixels.filled((160, 160), (value, value, value))
    printed = printing.print_picture(flat, _process(kind), np.random.default_rng(2))
    assert printed.shape == flat.shape
    assert abs(float(printed.mean()) - value) < 14


@pytest.mark.parametrize("kind", ["offset", "inkjet", "laser_dots", "laser_lines", "thermal"])
def test_halftone_is_visible_in_mid_tones(kind: str) -> None:
    flat = pixels.filled((100, 100), (128, 128, 128))
    assert printing.print_picture(flat, _process(kind), np.random.default_rng(2)).std() > 8


def test_photocopy_has_no_colour_and_more_contrast() -> None:
    rng = np.random.default_rng(4)
    image = rng.uniform(90, 170, (80, 80, 3)).astype(np.float32)
    image[:, :40] *= 0.7
    copier = replace(_process("dye"), photocopy=True, steepness=2.5, pivot=110.0, toner=3.0, specks=0.0)
    copied = printing.print_picture(image, copier, rng)
    assert np.ptp(copied, axis=2).max() < 1e-3
    before = pixels.luma(image)[:, 45:].mean() - pixels.luma(image)[:, :35].mean()
    assert copied[:, 45:].mean() - copied[:, :35].mean() > 1.2 * before


def test_a_fifth_is_photocopied() -> None:
    rng = np.random.default_rng(5)
    copied = np.mean([printing.draw_print_process(rng).photocopy for _ in range(3000)])
    assert 0.17 < copied < 0.23


def test_history_keeps_the_size_and_leaves_traces() -> None:
    rng = np.random.default_rng(6)
    image = rng.uniform(0, 255, (91, 64, 3)).astype(np.float32)
    lived = printing.live_through(image, printing.draw_history(rng), rng)
    assert lived.shape == image.shape
    assert np.abs(lived - image).mean() > 2


def test_same_seed_prints_the_same_bytes() -> None:
    image = np.random.default_rng(1).uniform(0, 255, (50, 60, 3)).astype(np.float32)
    process = printing.draw_print_process(np.random.default_rng(3))
    first, again = (printing.print_picture(image.copy(), process, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first, again)
