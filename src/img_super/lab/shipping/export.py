"""Exports a trained Keras network: LiteRT in float32 and int8, and Keras.

The float32 file is verified to answer like Keras. int8 cannot be; `shipping.precision` measures what it costs.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import Float32Array, UInt8Array
from img_super.errors import ImgSuperError
from img_super.model_card import WeightsFile

LITERT_FILE: Final = "portrait_validator.tflite"
INT8_FILE: Final = "portrait_validator_int8.tflite"
KERAS_FILE: Final = "portrait_validator.keras"
MAX_SCORE_DIFFERENCE: Final = 1e-3
REPRESENTATIVE_CROPS: Final = 100
"""So many crops show the quantiser which values to expect."""


class ExportFailed(ImgSuperError):
    """The exported network's answers differ from the trained one's."""


def export_network(
    network: keras.Model, folder: Path, representative: UInt8Array | None = None
) -> dict[str, WeightsFile]:
    """Write the files into `folder`; return the card's `files`.

    `representative`: crops as serving sees them, uint8 [n, side, side, 3] of the network's side; without any, no
    integer weights are made. Raises `ExportFailed`: a score of the LiteRT network differs from Keras's by more than a
    thousandth, or the integer network does not take the crop's bytes as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    side_px = int(network.inputs[0].shape[1])
    single = single_photo(network)
    litert = to_litert(single)
    difference = largest_score_difference(single, litert, side_px)
    if difference > MAX_SCORE_DIFFERENCE:
        raise ExportFailed(f"LiteRT's scores differ from Keras's by up to {difference:.2g}.")
    files = {"litert": _write(folder / LITERT_FILE, litert)}
    if representative is not None:
        files["litert_int8"] = _write(folder / INT8_FILE, _to_int8(single, representative))
    _without_training_state(network).save(folder / KERAS_FILE)
    return files | {"keras": describe(folder / KERAS_FILE)}


def _write(path: Path, weights: bytes) -> WeightsFile:
    path.write_bytes(weights)
    return describe(path)


def describe(path: Path) -> WeightsFile:
    """Name and sha256 of a weights file."""
    return WeightsFile(path.name, sha256(path.read_bytes()).hexdigest())


def single_photo(network: keras.Model) -> keras.Model:
    """The network for a single crop, which lets LiteRT fix every shape."""
    crop = keras.Input(batch_shape=(1, *network.inputs[0].shape[1:]), name="crop")
    return keras.Model(crop, network(crop, training=False))


def to_litert(single: keras.Model, **options: Any) -> bytes:
    """The network as a LiteRT file; `options` are those of Keras's export."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.tflite"
        # Without this signature Keras drops the batch size, and every reshape recomputes its shape.
        signature = [keras.InputSpec(shape=single.inputs[0].shape, dtype="float32", name="crop")]
        single.export(str(path), format="litert", verbose=False, input_signature=signature, **options)
        return path.read_bytes()


def _to_int8(single: keras.Model, representative: UInt8Array) -> bytes:
    """int8 weights and activations; takes the crop's bytes and returns floats."""
    import tensorflow as tf  # noqa: PLC0415 - Keras has it loaded; other back-ends export floats without it

    def crops() -> Iterator[list[Float32Array]]:
        for number, crop in enumerate(representative[:REPRESENTATIVE_CROPS]):
            batch = crop[np.newaxis].astype(np.float32)
            if number == 0:  # without black and white the input's scale would not be 1
                batch[0, 0, 0], batch[0, 0, 1] = 0, 255
            yield [batch]

    weights = to_litert(
        single,
        optimizations=[tf.lite.Optimize.DEFAULT],
        representative_dataset=crops,
        target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
        inference_input_type=tf.uint8,
    )
    (details,) = Interpreter(model_content=weights).get_signature_runner().get_input_details().values()
    if (details["dtype"], details["quantization"]) != (np.uint8, (1.0, 0)):
        raise ExportFailed(f"The integer network takes {details['quantization']} instead of the crop's bytes.")
    return weights


def _without_training_state(network: keras.Model) -> keras.Model:
    """A copy without the optimiser, which is half the size."""
    copy: keras.Model = network.__class__.from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def largest_score_difference(single: keras.Model, litert: bytes, side_px: int, crops: int = 8) -> float:
    """The largest difference between two networks' scores (sigmoid of the logit) and maps on random crops."""
    rng = np.random.default_rng(1)
    runner = Interpreter(model_content=litert, num_threads=1).get_signature_runner()
    (name,) = runner.get_input_details()
    largest = 0.0
    for _ in range(crops):
        coarse = rng.uniform(0, 255, (1, 8, 8, 3)).repeat(side_px // 8, 1).repeat(side_px // 8, 2)
        crop = np.clip(coarse + rng.normal(0, 12, (1, side_px, side_px, 3)), 0, 255).astype(np.float32)
        before, after = single(crop, training=False), runner(**{name: crop})
        largest = max(largest, _gap(_sigmoid(as_numpy(before["logit"])), _sigmoid(after["logit"])))
        if "heat_map" in before:
            largest = max(largest, _gap(as_numpy(before["heat_map"]), after["heat_map"]))
    return largest


def as_numpy(tensor: Any) -> npt.NDArray[Any]:
    """The result of any Keras back-end as an array."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _sigmoid(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return 1 / (1 + np.exp(-value.astype(np.float64)))


def _gap(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> float:
    return float(np.abs(before - after).max())
