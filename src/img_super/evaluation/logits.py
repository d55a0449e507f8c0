"""Runs a LiteRT network over many crops, as serving does: batch 1, one thread an interpreter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import RgbImage


def logits_of(weights: bytes, crops: Iterable[RgbImage]) -> npt.NDArray[np.float64]:
    """The uncalibrated answer for each crop (RGB uint8, as large as the network takes)."""
    runner = Interpreter(model_content=weights, num_threads=1).get_signature_runner()
    (name,) = runner.get_input_details()
    return np.array([float(runner(**{name: crop[np.newaxis].astype(np.float32)})["logit"].item()) for crop in crops])
