"""Photos twenty to forty times as long as wide, for which YuNet returns infinite boxes and uninitialised memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from img_super.detector.yunet import YuNetDetector
from img_super.domain import Float32Array, RgbImage


def strips() -> Iterator[RgbImage]:
    rng = np.random.default_rng(1)
    for ratio in (20, 30, 40):
        for shape in ((1280 // ratio, 1280, 3), (1280, 1280 // ratio, 3)):
            yield rng.integers(0, 256, shape, dtype=np.uint8)


class EndlessBoxes:
    """A network that answers like YuNet did."""

    def __init__(self) -> None:
        self.ratios = list[float]()

    def setInputSize(self, wh: tuple[int, int]) -> None:  # noqa: N802 OpenCV's name
        self.ratios.append(max(wh) / min(wh))

    def detect(self, _: RgbImage) -> tuple[int, Float32Array]:
        return 1, np.array([[0, 0, np.inf, np.inf, *[0] * 10, 1]], np.float32)


def test_strips_have_no_face() -> None:
    detector = YuNetDetector()
    assert [detector.detect(strip) for strip in strips()] == [None] * 6


def test_strips_are_padded_and_infinite_boxes_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    network = EndlessBoxes()
    monkeypatch.setattr("cv2.FaceDetectorYN.create", lambda *_: network)
    detector = YuNetDetector()
    assert [detector.detect(strip) for strip in strips()] == [None] * 6
    assert max(network.ratios) < 4.2
