from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from img_super.domain import RgbImage
from img_super.errors import BrokenImage
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.jpeg_file import read_jpeg
from img_super.pipeline.jpeg_steps import has_step
from img_super.pipeline.photo import open_photo
from img_super.pipeline.reduced_jpeg import reduced_jpeg


def photo(width: int = 400, height: int = 320) -> RgbImage:
    """Soft shapes and sensor noise."""
    rng = np.random.default_rng(3)
    soft = cv2.resize(rng.integers(60, 180, (9, 11, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    noisy: RgbImage = np.clip(soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)
    return noisy


def shifted(image: RgbImage, mcu: int, row: int, column: int, by: int = 20) -> RgbImage:
    """The effect of lost data: all later blocks are lighter."""
    lighter = image.astype(np.int16)
    lighter[row * mcu : (row + 1) * mcu, column * mcu :] += by
    lighter[(row + 1) * mcu :] += by
    return np.clip(lighter, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("mcu", "scale"), [(16, 1), (8, 1), (16, 2), (16, 4)])
@pytest.mark.parametrize("by", [-12, 20])
def test_brightness_step_between_blocks_shows_lost_data(mcu: int, scale: int, by: int) -> None:
    image = photo()
    damaged = shifted(image, mcu // scale, 7, 9, by)
    assert has_step(damaged, (mcu, mcu), scale)
    assert not has_step(image, (mcu, mcu), scale)


def test_real_edges_are_not_damage() -> None:
    bar, card = photo(), photo()
    bar[: 16 * 5] = 20
    card[16 * 6 : 16 * 14, 16 * 5 : 16 * 20] += 60
    assert not has_step(bar, (16, 16))
    assert not has_step(card, (16, 16))


def test_soft_edge_is_not_damage() -> None:
    soft = cv2.GaussianBlur(shifted(photo(), 16, 7, 9), (0, 0), 2)
    assert not has_step(np.asarray(soft, np.uint8), (16, 16))


@pytest.mark.parametrize("wh", [(1, 1), (17, 200), (200, 17), (64, 33)])
def test_small_images_are_skipped(wh: tuple[int, int]) -> None:
    assert not has_step(photo(*wh), (16, 16))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_silent_damage_is_refused_on_both_paths(subsampling: str) -> None:
    mcu_wh = {"4:4:4": (8, 8), "4:2:2": (16, 8), "4:2:0": (16, 16)}[subsampling]
    image = photo()
    damaged = image.astype(np.int16)
    row, column = 10 * mcu_wh[1], 9 * mcu_wh[0]
    damaged[row : row + mcu_wh[1], column:] += 25
    damaged[row + mcu_wh[1] :] += 25
    files = []
    for pixels in (image, np.clip(damaged, 0, 255).astype(np.uint8)):
        file = BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=92, subsampling=subsampling)
        files.append(file.getvalue())
    sound, broken = files
    assert read_jpeg(sound).mcu_wh == mcu_wh
    assert open_photo(sound, DecodeLimits()).size_wh == (400, 320)
    for way in (lambda data: reduced_jpeg(data, DecodeLimits()), decode_image):
        with pytest.raises(BrokenImage):
            way(broken)
