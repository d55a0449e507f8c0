"""From a trained Keras network to the files that ship: LiteRT and Keras, proven to give the same answers."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from img_super.errors import ImgSuperError
from img_super.registry.card import WeightsFile

LITERT_FILE: Final = "portrait_validator.tflite"
KERAS_FILE: Final = "portrait_validator.keras"
MAX_SCORE_DIFFERENCE: Final = 1e-3


class ExportFailed(ImgSuperError):
    """The exported network does not answer as the trained one does."""


def export_file(trained: Path, folder: Path) -> dict[str, WeightsFile]:
    """`export_network` for a `.keras` file, such as a run's best weights."""
    return export_network(keras.saving.load_model(trained, compile=False, safe_mode=True), folder)


def export_network(network: keras.Model, folder: Path) -> dict[str, WeightsFile]:
    """Write both files into `folder`; returns what a card's `files` says of them.

    Raises:
        ExportFailed: a score of the LiteRT network differs from Keras's by more than a thousandth.
    """
    folder.mkdir(parents=True, exist_ok=True)
    side_px = int(network.inputs[0].shape[1])
    single = _single(network, side_px)
    litert = _to_litert(single)
    difference = largest_score_difference(single, litert, side_px)
    if difference > MAX_SCORE_DIFFERENCE:
        raise ExportFailed(f"LiteRT's scores differ from Keras's by up to {difference:.2g}.")
    (folder / LITERT_FILE).write_bytes(litert)
    _without_training_state(network).save(folder / KERAS_FILE)
    return {"litert": describe(folder / LITERT_FILE), "keras": describe(folder / KERAS_FILE)}


def describe(path: Path) -> WeightsFile:
    """Name and sha256 of a weights file."""
    return WeightsFile(path.name, sha256(path.read_bytes()).hexdigest())


def _single(network: keras.Model, side_px: int) -> keras.Model:
    """The network for one crop at a time, which lets LiteRT fix every shape."""
    crop = keras.Input(batch_shape=(1, side_px, side_px, 3), name="crop")
    return keras.Model(crop, network(crop, training=False))


def _to_litert(single: keras.Model) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.tflite"
        single.export(str(path), format="litert", verbose=False)
        return path.read_bytes()


def _without_training_state(network: keras.Model) -> keras.Model:
    """A copy without optimiser: half the size, and nothing that only training needs."""
    copy: keras.Model = network.__class__.from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def largest_score_difference(single: keras.Model, litert: bytes, side_px: int, crops: int = 8) -> float:
    """How far the two networks' scores (sigmoid of the logit) and maps lie apart, on random crops."""
    rng = np.random.default_rng(1)
    runner = Interpreter(model_content=litert, num_threads=1).get_signature_runner()
    (name,) = runner.get_input_details()
    largest = 0.0
    for _ in range(crops):
        coarse = rng.uniform(0, 255, (1, 8, 8, 3)).repeat(side_px // 8, 1).repeat(side_px // 8, 2)
        crop = np.clip(coarse + rng.normal(0, 12, (1, side_px, side_px, 3)), 0, 255).astype(np.float32)
        ours, theirs = single(crop, training=False), runner(**{name: crop})
        logit = keras.ops.convert_to_numpy(ours["logit"])
        heat_map = keras.ops.convert_to_numpy(ours["heat_map"])
        largest = max(largest, _gap(_sigmoid(logit), _sigmoid(theirs["logit"])), _gap(heat_map, theirs["heat_map"]))
    return largest


def _sigmoid(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return 1 / (1 + np.exp(-value.astype(np.float64)))


def _gap(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float:
    return float(np.abs(ours - theirs).max())
