"""Exports the trained one-pass network and YuNet to LiteRT, verified to answer like Keras."""

from pathlib import Path
from typing import Final

import keras
import numpy as np

from img_super.detector.litert import LiteRtRunner
from img_super.detector.network import build_network
from img_super.lab.shipping.export import ExportFailed, as_numpy, describe, single_photo, to_litert
from img_super.model_card import WeightsFile
from img_super.validator.saved_network import open_network

LITERT_FILE: Final = "portrait_detector.tflite"
KERAS_FILE: Final = "portrait_detector.keras"
YUNET_FILE: Final = "yunet.tflite"
MAX_DIFFERENCE: Final = 2e-3
_PHOTOS: Final = 6


def export_detector(trained: Path, folder: Path, input_wh: tuple[int, int]) -> dict[str, WeightsFile]:
    """Write the files of a run's best weights into `folder`; return the card's `files`.

    `input_wh`: the serving input; the network is fully convolutional and is trained on square inputs.
    Raises `ExportFailed`: an answer of the LiteRT network differs from Keras's by more than `MAX_DIFFERENCE`.
    """
    network = build_network(input_wh)
    network.set_weights(open_network(trained).get_weights())
    folder.mkdir(parents=True, exist_ok=True)
    files = {"litert": export_litert(network, folder / LITERT_FILE)}
    network.save(folder / KERAS_FILE)
    return files | {"keras": describe(folder / KERAS_FILE)}


def export_litert(network: keras.Model, file: Path) -> WeightsFile:
    """Write a network that takes photos as a LiteRT file. Raises `ExportFailed` as `export_detector` does."""
    single = single_photo(network)
    weights = to_litert(single)
    difference = largest_difference(single, weights)
    if difference > MAX_DIFFERENCE:
        raise ExportFailed(f"LiteRT's answers differ from Keras's by up to {difference:.2g}.")
    file.write_bytes(weights)
    return describe(file)


def largest_difference(single: keras.Model, litert: bytes) -> float:
    """The largest difference between two networks' answers on random coarse pictures, in the answers' units."""
    rng, served = np.random.default_rng(1), LiteRtRunner(litert)
    width, height = served.input_wh
    largest = 0.0
    for _ in range(_PHOTOS):
        coarse = rng.integers(0, 256, (height // 16, width // 16, 3), np.uint8).repeat(16, 0).repeat(16, 1)
        before, after = single(coarse[np.newaxis].astype(np.float32), training=False), served.run(coarse)
        gaps = [np.abs(as_numpy(before[name])[0] - answer).max() for name, answer in after.items()]
        largest = max(largest, float(max(gaps)))
    return largest
