"""Opens untrusted networks in Keras's format.

Keras runs no code from such a file and follows no link out of it. This module refuses what remains: members that are
compressed or extracted to disk, layers that read files, networks larger than their file, weights that are not numbers.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile

import h5py
import keras
import numpy as np

from img_super.errors import BadModel
from img_super.regular_file import read_regular
from img_super.validator.litert_file import refuse_large

_CONFIG: Final = "config.json"
_WEIGHTS: Final = "model.weights.h5"
_MEMBERS: Final = frozenset({_CONFIG, _WEIGHTS, "metadata.json"})
_MOST_FILE_BYTES: Final = 512 * 1024 * 1024
_MOST_CONFIG_BYTES: Final = 4 * 1024 * 1024
_MOST_ITEMS: Final = 10_000
_MOST_DEPTH: Final = 16
"""Of groups of weights; Keras has one for each layer, in which one for its numbers lies."""


_LAYERS: Final = frozenset(
    (
        *("InputLayer", "Rescaling", "Resizing", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense"),
        *("EinsumDense", "MultiHeadAttention"),
        *("BatchNormalization", "LayerNormalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "Softmax"),
        *("MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "UpSampling2D"),
        *("Add", "Multiply", "Concatenate", "Cropping2D", "ZeroPadding2D", "Flatten", "Reshape", "Dropout"),
    )
)
"""They calculate. Others read files and folders, or hold code or whole models of other kinds."""

_ONLY_NUMBERS: Final = ("keras.initializers", "keras.regularizers", "keras.constraints")
_REST: Final = frozenset(
    {
        ("keras", "DTypePolicy"),
        ("keras.src.models.functional", "Functional"),
        (None, "__keras_tensor__"),
    }
)


def open_network(stored: Path | bytes) -> keras.Model:
    """The network in a `.keras` file, uncompiled.

    Raises `BadModel`: not such a file, or a malicious one.
    """
    data = stored if isinstance(stored, bytes) else _read(stored)
    try:
        with ZipFile(BytesIO(data)) as members:
            config, weights = _checked_members(members)
        _refuse_other_objects(json.loads(config))
        _refuse_other_weights(weights)
        network = _load(data, len(weights))
    except BadModel:
        raise
    except Exception as error:  # whatever an untrusted file does to zipfile, HDF5 or Keras
        raise BadModel("The network is not a Keras model that can be loaded here.") from error
    if not all(np.isfinite(weights).all() for weights in network.get_weights()):
        raise BadModel("The network has weights that are no finite numbers.")
    return network


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, _MOST_FILE_BYTES)
    except OSError as error:
        raise BadModel(f"The network {path} cannot be read: {error.strerror}.") from error


def _checked_members(archive: ZipFile) -> tuple[bytes, bytes]:
    """Configuration and weights as written by Keras: uncompressed, each once, and nothing else."""
    members = archive.infolist()
    if len(members) > len(_MEMBERS) or {member.filename for member in members} != _MEMBERS:
        raise BadModel("The Keras file has other members than a configuration and its weights.")
    size_bytes = sum(member.file_size for member in members)
    if any(member.compress_type != ZIP_STORED for member in members) or size_bytes > _MOST_FILE_BYTES:
        raise BadModel("The Keras file is packed, which Keras does not do, or larger than 512 MiB.")
    if archive.getinfo(_CONFIG).file_size > _MOST_CONFIG_BYTES:
        raise BadModel("The Keras file describes more layers than a network here can have.")
    return archive.read(_CONFIG), archive.read(_WEIGHTS)


def _refuse_other_objects(config: Any) -> None:
    """Check every object of the configuration; the training configuration is ignored."""
    unseen: list[Any] = [{**config, "compile_config": None}]
    while unseen:
        value = unseen.pop()
        if isinstance(value, dict):
            if "class_name" in value and not _is_known(value):
                raise BadModel(
                    f"The Keras file has a {str(value['class_name'])[:40]!r}, which networks here do not have."
                )
            unseen.extend(value.values())
        elif isinstance(value, list):
            unseen.extend(value)


def _is_known(described: dict[str, Any]) -> bool:
    name, module = described["class_name"], described.get("module")
    if described.get("registered_name") not in (None, "Functional"):
        return False
    return (module, name) in _REST or module in _ONLY_NUMBERS or (module == "keras.layers" and name in _LAYERS)


def _refuse_other_weights(weights: bytes) -> None:
    """Keras writes plain, uncompressed numbers; compressed ones may expand to any size, and links may lead anywhere.

    HDF5's own traversal takes minutes for thousands of nested groups.
    """
    with h5py.File(BytesIO(weights), "r") as file:
        unseen, left = [(file, 0)], _MOST_ITEMS
        while unseen:
            group, depth = unseen.pop()
            left -= len(group)
            if left < 0 or depth > _MOST_DEPTH:
                raise BadModel("The Keras file has more groups of weights, or deeper ones, than networks here have.")
            unseen.extend((item, depth + 1) for item in _checked_items(group) if isinstance(item, h5py.Group))


def _checked_items(group: Any) -> Iterator[Any]:
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BadModel("The Keras file has weights that lie elsewhere.")
        item = group[name]
        if _is_packed(item):
            raise BadModel("The Keras file has weights that are packed or lie elsewhere, which Keras does not write.")
        yield item


def _is_packed(item: Any) -> bool:
    if not isinstance(item, h5py.Dataset):
        return False
    return bool(item.chunks or item.external or item.is_virtual) or item.id.get_storage_size() < item.nbytes


def _load(data: bytes, weights_bytes: int) -> keras.Model:
    """Keras loads only from paths; load the checked bytes, not the file, which may have changed since."""
    with TemporaryDirectory() as folder, _at_most(weights_bytes):
        path = Path(folder) / "network.keras"
        path.write_bytes(data)
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    refuse_large(shape for layer in network.layers for shape in _shapes(layer))
    return network


def _shapes(layer: keras.layers.Layer) -> Iterator[tuple[int, ...]]:
    """Of what the layer makes of one crop."""
    for tensor in keras.tree.flatten(layer.output):
        yield tuple(side or 1 for side in tensor.shape[1:])
    if isinstance(layer, keras.layers.MultiHeadAttention):
        query, key, *_ = (tensor.shape[1:-1] for tensor in keras.tree.flatten(layer.input))
        yield (layer.num_heads, *query, *key)


@contextmanager
def _at_most(weights_bytes: int) -> Iterator[None]:
    """Refuse more weights than the file has, before memory is allocated."""
    if keras.config.backend() != "tensorflow":  # nothing else declares the sizes
        yield
        return
    import tensorflow as tf  # noqa: PLC0415 Keras has it loaded

    left_bytes, thrown_away = weights_bytes, tf.Graph()

    def make(make_next: Any, **asked: Any) -> Any:
        nonlocal left_bytes
        if callable(asked["initial_value"]):
            with thrown_away.as_default():  # which only computes the shape
                weights = asked["initial_value"]()
            left_bytes -= prod(weights.shape) * weights.dtype.size
            if left_bytes < 0:
                raise BadModel("The network has more weights than its file.")
        return make_next(**asked)

    with tf.variable_creator_scope(make):
        yield
