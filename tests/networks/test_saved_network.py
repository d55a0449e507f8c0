"""Malicious networks in Keras's format, each refused with a sentence before it costs anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import h5py
import msgspec
import numpy as np
import pytest

from img_super.errors import BadModel
from img_super.model_card import ModelCard, WeightsFile
from tests.networks.small import small_network

if TYPE_CHECKING:
    import keras

SIDE: Final = 32
Members = dict[str, bytes]


def stored(network: keras.Model, folder: Path) -> bytes:
    """The file as written by Keras."""
    network.save(folder / "network.keras")
    return (folder / "network.keras").read_bytes()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return stored(small_network(SIDE), tmp_path_factory.mktemp("small"))


def changed(file: bytes, change: Callable[[Members], None], compression: int = ZIP_STORED) -> bytes:
    """The file with changed members."""
    with ZipFile(BytesIO(file)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    made = BytesIO()
    with ZipFile(made, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_member(name: str) -> Callable[[Members], None]:
    return lambda members: members.update({name: b"1"})


def with_layers(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Members], None]:
    """The file with a changed layer configuration."""

    def apply(members: Members) -> None:
        config = json.loads(members["config.json"])
        change(config["config"]["layers"])
        members["config.json"] = json.dumps(config).encode()

    return apply


def with_weights(change: Callable[[h5py.File], object]) -> Callable[[Members], None]:
    """The file with changed weights."""

    def apply(members: Members) -> None:
        content = BytesIO(members["model.weights.h5"])
        with h5py.File(content, "r+") as file:
            change(file)
        members["model.weights.h5"] = content.getvalue()

    return apply


def spaces(members: Members) -> None:
    members["config.json"] += b" " * 5_000_000


def lambdas(layers: list[dict[str, Any]]) -> None:
    layers[1].update(class_name="Lambda")


def registered(layers: list[dict[str, Any]]) -> None:
    layers[1].update(registered_name="package>Rescaling")


def reading(layers: list[dict[str, Any]]) -> None:
    layers[1].update(class_name="TFSMLayer", config={"filepath": "/etc", "name": "rescaling"})


def pickled(layers: list[dict[str, Any]]) -> None:
    layers[1].update(module="pickle", class_name="loads")


def huge(layers: list[dict[str, Any]]) -> None:
    next(layer for layer in layers if layer["class_name"] == "Dense")["config"].update(units=1_000_000)


def link_outside(file: h5py.File) -> None:
    file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")


def link_inside(file: h5py.File) -> None:
    file["elsewhere"] = h5py.SoftLink("/layers")


def data_outside(file: h5py.File) -> None:
    file.create_dataset("elsewhere", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def packed(file: h5py.File) -> None:
    file.create_dataset("large", (1 << 26,), "f4", compression="gzip", fillvalue=0)


def unwritten(file: h5py.File) -> None:
    file.create_dataset("large", (1 << 26,), "f4")


def deep(file: h5py.File) -> None:
    file.create_group("/".join("a" * 40))


def many(file: h5py.File) -> None:
    """Each group contains two: 15 levels are 32,768."""
    for group in ["/".join("a" * depth) for depth in range(1, 16)]:
        file.create_group(group)
        file[f"{group}b"] = file[group]


def kernel_of(file: h5py.File) -> h5py.Dataset:
    return file["layers/dense/vars/0"]


def not_a_number(file: h5py.File) -> None:
    kernel_of(file)[0, 0] = np.nan


def infinite(file: h5py.File) -> None:
    kernel_of(file)[0, 0] = np.inf


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_member("../outside.json"), "other members"),
        (with_member("assets/vocabulary.txt"), "other members"),
        (with_member("model.weights.npz"), "other members"),
        (lambda members: members.pop("model.weights.h5"), "other members"),
        (spaces, "more layers"),
        (with_layers(lambdas), "'Lambda', which networks here do not have"),
        (with_layers(registered), "'Rescaling', which networks here do not have"),
        (with_layers(reading), "'TFSMLayer', which networks here do not have"),
        (with_layers(pickled), "'loads', which networks here do not have"),
        (with_layers(huge), "more weights than its file"),
        (with_weights(link_outside), "weights that lie elsewhere"),
        (with_weights(link_inside), "weights that lie elsewhere"),
        (with_weights(data_outside), "packed or lie elsewhere"),
        (with_weights(packed), "packed or lie elsewhere"),
        (with_weights(unwritten), "packed or lie elsewhere"),
        (with_weights(deep), "deeper"),
        (with_weights(many), "more groups"),
        (with_weights(not_a_number), "no finite numbers"),
        (with_weights(infinite), "no finite numbers"),
        (lambda members: members.update({"config.json": b"[" * 100_000}), "can be loaded"),
        (lambda members: members.update({"model.weights.h5": b"no HDF5"}), "can be loaded"),
    ],
)
def test_malicious_file_is_refused(small: bytes, change: Callable[[Members], None], told: str) -> None:
    from img_super.validator.saved_network import open_network

    with pytest.raises(BadModel, match=told):
        open_network(changed(small, change))


def test_compressed_file_is_refused(small: bytes) -> None:
    from img_super.validator.saved_network import open_network

    with pytest.raises(BadModel, match="packed"):
        open_network(changed(small, lambda _: None, ZIP_DEFLATED))


def test_layer_with_a_huge_output_is_refused(tmp_path: Path) -> None:
    import keras

    from img_super.validator.saved_network import open_network

    crop = keras.Input((SIDE, SIDE, 3))
    places = keras.layers.Reshape((4 * SIDE * SIDE, 3))(keras.layers.UpSampling2D(2)(crop))
    compared = keras.layers.MultiHeadAttention(8, 1)(places, places)  # each of 4,096 positions with each other, 8 heads
    for large in (keras.layers.UpSampling2D(220)(crop), compared):
        with pytest.raises(BadModel, match="more of a crop"):
            open_network(stored(keras.Model(crop, large), tmp_path))


def broken_files(file: bytes) -> Iterator[bytes]:
    half = len(file) // 2
    yield from (b"", b"no network", file[:-400], file[:half] + b"\xff" * 64 + file[half + 64 :])


def test_sound_files_open_and_broken_ones_are_reported(small: bytes, tmp_path: Path) -> None:
    from img_super.validator.saved_network import open_network

    assert open_network(changed(small, lambda _: None)).get_layer("logit").units == 1
    for broken in broken_files(small):
        with pytest.raises(BadModel, match="can be loaded"):
            open_network(broken)
    with pytest.raises(BadModel, match="cannot be read"):
        open_network(tmp_path / "none.keras")


def test_backend_refuses_other_inputs_or_outputs(small: bytes, card: ModelCard, tmp_path: Path) -> None:
    import keras

    from img_super.validator.tensorflow import TensorFlowValidator

    small_card = msgspec.structs.replace(card, input_side_px=SIDE, files={"keras": WeightsFile("a.keras", "0")})
    crop = np.zeros((SIDE, SIDE, 3), np.uint8)
    assert 0 <= TensorFlowValidator(small, small_card).validate(crop).score <= 1
    with pytest.raises(BadModel, match="its card says"):
        TensorFlowValidator(small, msgspec.structs.replace(small_card, input_side_px=2 * SIDE))
    photo = keras.Input((SIDE, SIDE, 3))
    silent = stored(keras.Model(photo, keras.layers.Flatten()(photo)), tmp_path)
    with pytest.raises(BadModel, match="does not answer with"):
        TensorFlowValidator(silent, small_card)
