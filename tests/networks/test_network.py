from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from img_super.domain import Float32Array

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.usefixtures("step_by_step")

SIDE = 32


@pytest.fixture(scope="module")
def network() -> keras.Model:
    from img_super.validator.network import build_network

    return build_network(SIDE, neck_channels=8)


def answers_of(network: keras.Model, crops: Float32Array) -> dict[str, Float32Array]:
    return {name: np.asarray(answer) for name, answer in network(crops, training=False).items()}


def test_output_shapes_and_ranges(network: keras.Model) -> None:
    from img_super.validator.network import STRIDE

    crops = np.random.default_rng(1).uniform(0, 255, (3, SIDE, SIDE, 3)).astype(np.float32)
    answers = answers_of(network, crops)
    assert answers["logit"].shape == (3, 1)
    assert answers["heat_map"].shape == (3, SIDE // STRIDE, SIDE // STRIDE, 1)
    assert 0 <= answers["heat_map"].min() <= answers["heat_map"].max() <= 1


def test_reloaded_network_gives_equal_answers(network: keras.Model, tmp_path: Path) -> None:
    import keras

    path = tmp_path / "network.keras"
    network.save(path)
    again = keras.saving.load_model(path, safe_mode=True)
    crops = np.full((1, SIDE, SIDE, 3), 90, np.float32)
    assert np.allclose(answers_of(network, crops)["logit"], answers_of(again, crops)["logit"])
    assert b"__lambda__" not in zipfile.ZipFile(path).read("config.json")


def test_two_steps_train_every_layer(network: keras.Model) -> None:
    before = [weights.numpy().copy() for weights in network.trainable_weights]
    network.compile(optimizer="sgd", loss={"logit": "mse", "heat_map": "mse"})
    crops = np.random.default_rng(1).uniform(0, 255, (4, SIDE, SIDE, 3)).astype(np.float32)
    network.fit(crops, {"logit": np.ones((4, 1)), "heat_map": np.ones((4, 2, 2, 1))}, epochs=2, verbose=0)
    moved = [not np.array_equal(old, new.numpy()) for old, new in zip(before, network.trainable_weights, strict=True)]
    assert np.mean(moved) > 0.9


def test_backbone_weights_load_by_name(network: keras.Model, tmp_path: Path) -> None:
    from img_super.validator.network import build_network, load_backbone

    arrays = {
        f"{layer.name}/{index}": np.full(weight.shape, 0.5, np.float32)
        for layer in network.layers
        for index, weight in enumerate(layer.weights)
    }
    np.savez(tmp_path / "weights.npz", **arrays)  # type: ignore[arg-type]
    other = build_network(SIDE, neck_channels=8)
    assert load_backbone(other, tmp_path / "weights.npz") == 66
    assert (other.get_layer("stem_conv").get_weights()[0] == 0.5).all()
    assert not (other.get_layer("neck_conv").get_weights()[0] == 0.5).any()


def test_invalid_side_is_refused() -> None:
    from img_super.validator.network import build_network

    with pytest.raises(ValueError, match="multiple of 16"):
        build_network(100)


def test_high_pass_kernels_ignore_flat_areas() -> None:
    from img_super.validator.network import high_pass_kernels

    kernels = high_pass_kernels((5, 5, 3, 16))
    assert kernels.shape == (5, 5, 3, 16)
    assert np.allclose(kernels.sum(axis=(0, 1)), 0, atol=1e-5)
    assert np.array_equal(kernels[..., :8], -kernels[..., 8:])
