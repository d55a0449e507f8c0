from __future__ import annotations

import cv2
import numpy as np
import pytest

from img_super.domain import Box, Decision, RgbImage, Verdict
from img_super.pipeline.crop import resize_to_input
from img_super.pipeline.decide import reasons_of, without_verdict
from img_super.pipeline.quality import assess_quality, looked_at

FACE = Box(200, 200, 300, 300)
SHARP = np.random.default_rng(1).integers(60, 200, (256, 256, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("crop", "face", "codes"),
    [
        (SHARP, FACE, []),
        (SHARP, Box(200, 200, 230, 240), ["small_portrait"]),
        (SHARP, Box(0, 200, 100, 300), ["cut_off"]),
        (cv2.GaussianBlur(SHARP, (0, 0), 6), FACE, ["blurred"]),
        (SHARP // 5, FACE, ["dark"]),
        (np.maximum(SHARP, np.tri(256, dtype=np.uint8)[..., None] * 255), FACE, ["glare"]),
    ],
)
def test_each_fault_is_named(crop: RgbImage, face: Box, codes: list[str]) -> None:
    found = assess_quality(crop, face, image_wh=(800, 600), small_face_px=64)
    assert [warning.code for warning in found] == codes
    assert all(warning.detail.endswith(".") for warning in found)


def test_grey_scan_is_a_copy_only_without_mid_tones() -> None:
    scan = cv2.resize(SHARP[:64, :64, 0], (256, 256), interpolation=cv2.INTER_CUBIC)
    scan[:, 128:] = 225 + scan[:, 128:] // 16  # paper
    grey = cv2.merge([scan] * 3).astype(np.uint8, copy=False)
    copied = np.clip((grey.astype(np.float32) - 128) * 2.5 + 160, 0, 255).astype(np.uint8)
    codes = [[one.code for one in assess_quality(seen, FACE, (800, 600), 64)] for seen in (grey, copied)]
    assert "copy" not in codes[0]
    assert "copy" in codes[1]


@pytest.mark.parametrize("sigma_px", [0.0, 3.0, 9.0])
def test_blur_is_measured_at_the_network_input(sigma_px: float) -> None:
    crop = cv2.resize(SHARP, (640, 640), interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)
    crop = cv2.GaussianBlur(crop, (0, 0), sigma_px).astype(np.uint8, copy=False) if sigma_px else crop
    seen = looked_at(crop, resize_to_input(crop, 288))
    assert len(seen) == 288
    codes, reduced = ([one.code for one in assess_quality(each, FACE, (800, 600), 64)] for each in (crop, seen))
    assert codes == reduced == (["blurred"] if sigma_px == 9 else [])


@pytest.mark.parametrize(("crop_px", "input_px", "seen_px"), [(640, 288, 288), (640, 224, 640), (200, 288, 200)])
def test_quality_uses_the_smaller_sufficient_image(crop_px: int, input_px: int, seen_px: int) -> None:
    crop, network_input = (np.zeros((side, side, 3), np.uint8) for side in (crop_px, input_px))
    assert len(looked_at(crop, network_input)) == seen_px


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (np.where(SHARP.mean(axis=2, keepdims=True) > 128, np.uint8(255), np.uint8(0)).repeat(3, axis=2), "few_tones"),
        (cv2.blur(SHARP, (25, 1)).astype(np.uint8), "blurred"),
    ],
)
def test_insufficient_quality_hides_the_verdict(seen: RgbImage, code: str) -> None:
    found = assess_quality(seen, FACE, image_wh=(800, 600), small_face_px=64)
    assert code in [warning.code for warning in found if warning.hides]
    decision = without_verdict(Decision(0.9, 0.5, Verdict.ATTACK), found)
    assert (decision.verdict, decision.superimposed) == (Verdict.UNDETERMINED, True)
    assert [reason.code for reason in reasons_of(decision, found)] == [w.code for w in found if w.hides]
