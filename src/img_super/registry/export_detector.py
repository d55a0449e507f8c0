"""From the trained one-pass network to the files that ship: LiteRT (proven to answer as Keras does) and Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from img_super.detector.heads import CHANNELS
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.network import build_network
from img_super.registry.card import WeightsFile
from img_super.registry.export import ExportFailed, describe, single_photo, to_litert

LITERT_FILE: Final = "portrait_detector.tflite"
KERAS_FILE: Final = "portrait_detector.keras"
MAX_DIFFERENCE: Final = 2e-3
_PHOTOS: Final = 6

Outputs = dict[str, npt.NDArray[np.float32]]


def export_detector(trained: Path, folder: Path, side_px: int) -> dict[str, WeightsFile]:
    """Write the files of a run's best weights into `folder`; returns what a card's `files` says of them.

    Args:
        side_px: of the photos when serving; the network is fully convolutional, and training on smaller ones is cheap.

    Raises:
        ExportFailed: an answer of the LiteRT network differs from Keras's by more than `MAX_DIFFERENCE`.
    """
    network = build_network(side_px)
    network.set_weights(keras.saving.load_model(trained, compile=False, safe_mode=True).get_weights())
    folder.mkdir(parents=True, exist_ok=True)
    single = single_photo(network, side_px)
    weights = to_litert(single)
    difference = largest_difference(single, weights)
    if difference > MAX_DIFFERENCE:
        raise ExportFailed(f"LiteRT's answers differ from Keras's by up to {difference:.2g}.")
    (folder / LITERT_FILE).write_bytes(weights)
    network.save(folder / KERAS_FILE)
    return {"litert": describe(folder / LITERT_FILE), "keras": describe(folder / KERAS_FILE)}


def largest_difference(single: keras.Model, litert: bytes) -> float:
    """How far the two networks' answers lie apart on random coarse pictures, in the answers' own units."""
    rng, served = np.random.default_rng(1), LiteRtDetectionNetwork(litert)
    tiles = served.side_px // 16
    largest = 0.0
    for _ in range(_PHOTOS):
        coarse = rng.integers(0, 256, (tiles, tiles, 3), np.uint8).repeat(16, 0).repeat(16, 1)
        ours, theirs = single(coarse[np.newaxis].astype(np.float32), training=False), served.run(coarse)
        gaps = [np.abs(_numpy(ours[name])[0] - theirs[name]).max() for name in CHANNELS]
        largest = max(largest, float(max(gaps)))
    return largest


def _numpy(tensor: Any) -> npt.NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(tensor))
