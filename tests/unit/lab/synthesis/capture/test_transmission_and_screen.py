from __future__ import annotations

import dataclasses
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.screen import draw_screen, show_on_screen
from img_super.lab.synthesis.capture.transmission import (
    SMALLEST_SCALE,
    Passing,
    TransmissionStep,
    draw_passing,
    pass_on,
)
from img_super.lab.synthesis.geometry import onto

STEP = TransmissionStep(1.0, "area", 0.0, "jpeg", 80, 80, "420", "standard", False)


def _photo() -> Float32Array:
    rng = np.random.default_rng(2)
    photo = np.asarray(cv2.resize(rng.uniform(60, 200, (20, 24, 3)).astype(np.float32), (180, 150)), np.float32)
    cv2.circle(photo, (60, 90), 12, (255.0, 255.0, 255.0), -1)
    cv2.circle(photo, (60, 90), 5, (0.0, 0.0, 0.0), -1)
    return photo


@pytest.mark.parametrize("seed", range(20))
def test_result_equals_the_decoded_file(seed: int) -> None:
    passing = draw_passing(np.random.default_rng(seed))
    passed = pass_on(_photo(), passing, np.random.default_rng(seed))
    again = pass_on(_photo(), passing, np.random.default_rng(seed))
    assert passed.data == again.data
    assert Image.open(io.BytesIO(passed.data)).format == passed.format.upper()
    assert np.array_equal(pixels.opened(passed.data), passed.image)
    assert passed.image.shape[1] >= SMALLEST_SCALE * 180 * 0.9


@pytest.mark.parametrize("seed", range(8))
def test_matrix_maps_points(seed: int) -> None:
    steps = (dataclasses.replace(STEP, scale=0.8), dataclasses.replace(STEP, scale=1.1, quality=95))
    passed = pass_on(_photo(), Passing("editor", steps), np.random.default_rng(seed))
    x, y = onto(passed.matrix, np.array([[60, 90]], np.float32))[0]
    dark = np.argwhere(passed.image.max(2) < 60)
    assert dark.mean(0) == pytest.approx((y, x), abs=0.8)


@pytest.mark.parametrize(("sampling", "factors"), [("444", (1, 1)), ("422", (2, 1)), ("420", (2, 2)), ("440", (1, 2))])
def test_chroma_subsampling_is_as_requested(sampling: str, factors: tuple[int, int]) -> None:
    step = dataclasses.replace(STEP, sampling=sampling)
    data = pass_on(_photo(), Passing("original", (step,)), np.random.default_rng(1)).data
    assert Image.open(io.BytesIO(data)).layer[0][1:3] == factors  # type: ignore[attr-defined]
    assert step.subsampled == (sampling != "444")


def test_our_tables_equal_the_standard_at_equal_quality() -> None:
    def tables(**changes: int) -> dict[int, list[int]]:
        step = dataclasses.replace(STEP, **changes)  # type: ignore[arg-type]
        data = pass_on(_photo(), Passing("original", (step,)), np.random.default_rng(1)).data
        found: dict[int, list[int]] = Image.open(io.BytesIO(data)).quantization  # type: ignore[attr-defined]
        return found

    mixed = tables(quality=80, chroma_quality=45)
    assert list(mixed[0]) == list(tables()[0])
    assert list(mixed[1]) == list(tables(quality=45, chroma_quality=45)[1])


def test_quality_and_tables_change_the_file() -> None:
    def size(**changes: object) -> int:
        step = dataclasses.replace(STEP, **changes)  # type: ignore[arg-type]
        return len(pass_on(_photo(), Passing("original", (step,)), np.random.default_rng(1)).data)

    assert size(quality=50) < size(quality=80) < size(quality=95)
    assert size(tables="phone", quality=60) < size(tables="phone", quality=95)
    assert size(chroma_quality=40) < size(chroma_quality=95)
    assert size(format="png") > size(format="webp")


@pytest.mark.parametrize("seed", range(10))
def test_screens_show_the_photo_with_their_grid(seed: int) -> None:
    screen = draw_screen(np.random.default_rng(seed))
    shown, matrix = show_on_screen(np.random.default_rng(1), _photo(), screen)
    again, _ = show_on_screen(np.random.default_rng(1), _photo(), screen)
    assert np.array_equal(shown, again)
    assert shown.shape[1] == round(180 * screen.scale)
    assert shown.min() >= 0
    assert shown.max() <= 255
    corners = onto(matrix, np.array([[0, 0], [180, 150]], np.float32))
    assert np.abs(corners - [[0, 0], [shown.shape[1], shown.shape[0]]]).max() < 30


def test_grid_shows_on_a_flat_picture() -> None:
    flat = np.full((150, 180, 3), 180, np.float32)
    screen = draw_screen(np.random.default_rng(3))
    screen = dataclasses.replace(
        screen, layout="stripes", pitch=0.3, bands=0.0, levels=256,
        glare=dataclasses.replace(screen.glare, kind="none"),
        optics=dataclasses.replace(screen.optics, blur_px=0.0, defocus=0.0, motion=0.0),
        sensor=dataclasses.replace(screen.sensor, noise=0.1, zoom=1.0, saturation=1.0, mosaic="none", cleaning="none"),
    )  # fmt: skip
    spread = []
    for depth in (0.0, 0.6):
        shown, _ = show_on_screen(np.random.default_rng(1), flat, dataclasses.replace(screen, grid=depth))
        spread.append(float(shown[20:-20, 20:-20].std(axis=(0, 1)).mean()))
    assert spread[1] > 5 * spread[0] + 3
