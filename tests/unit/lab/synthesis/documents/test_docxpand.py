from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.lab.synthesis.documents.docxpand import DOCXPAND_FRAMES, docxpand_blank, without_portrait


def test_sample_person_is_inpainted() -> None:
    front = np.full((200, 400, 3), (90, 150, 210), np.uint8)
    front[60:150, 20:120] = (10, 10, 10)
    painted = without_portrait(front, (0.05, 0.3, 0.3, 0.75))
    assert (painted == (90, 150, 210)).all()
    assert (front[60:150, 20:120] == 10).all()


def test_rest_of_the_front_is_unchanged() -> None:
    front = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    painted = without_portrait(front, (0.05, 0.3, 0.3, 0.75))
    assert np.array_equal(painted[:, 130:], front[:, 130:])
    assert np.array_equal(painted[:50], front[:50])


def test_front_becomes_a_blank_with_the_requested_frame_width(tmp_path: Path) -> None:
    front = np.full((300, 480, 3), (90, 150, 210), np.uint8)
    left, top, right, bottom = DOCXPAND_FRAMES["pp_td3_a"]
    person = np.s_[round(top * 300) : round(bottom * 300), round(left * 480) : round(right * 480)]
    front[person] = (10, 10, 10)
    (tmp_path / "pp_td3_a").mkdir()
    cv2.imwrite(str(tmp_path / "pp_td3_a" / "front.png"), front[:, :, ::-1])
    blank = docxpand_blank(np.random.default_rng(3), tmp_path, "pp_td3_a", 70)
    x_min, y_min, x_max, y_max = blank.frame
    assert x_max - x_min == pytest.approx(70, abs=1)
    assert blank.image.shape[1] == pytest.approx(70 / (right - left), abs=1)
    assert blank.design == blank.facts["design"] == "docxpand/pp_td3_a"
    assert np.abs(blank.image[y_min:y_max, x_min:x_max].astype(int) - (90, 150, 210)).mean() < 3
    with pytest.raises(FileNotFoundError):
        docxpand_blank(np.random.default_rng(3), tmp_path, "pp_td3_b", 70)
