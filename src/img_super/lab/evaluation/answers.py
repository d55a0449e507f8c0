"""Runs a LiteRT network over many crops as serving does: batch 1, one thread per interpreter."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from img_super.domain import Float64Array, FloatMap, RgbImage
from img_super.per_thread import PerThread
from img_super.pipeline.crop import resize_to_input
from img_super.validator.litert import LiteRtNetwork


@dataclass(frozen=True, slots=True)
class NetworkAnswers:
    """A network's answers for crops, in order."""

    logits: Float64Array  # float64 [n], uncalibrated; higher means more suspicion
    heat_maps: FloatMap  # float32 [n, height, width] in [0, 1]; 0 x 0 if the network has none


def answers_of(weights: bytes, crops: Iterable[RgbImage], threads: int = 1) -> NetworkAnswers:
    """The answers for square crops (RGB uint8), resized if the network takes another side.

    Raises `BadModel`: the weights are not a validation network.
    """
    networks = PerThread(lambda: LiteRtNetwork(weights))

    def answer(crop: RgbImage) -> tuple[float, FloatMap]:
        network = networks.get()
        return network.run(resize_to_input(crop, network.side_px))

    networks.get()
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(answer, crops))
    logits = np.array([logit for logit, _ in answers], np.float64)
    return NetworkAnswers(logits, np.array([heat_map for _, heat_map in answers], np.float32))
