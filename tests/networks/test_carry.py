"""Folding and unfolding keep answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("step_by_step")

SIDE_PX = 64


@pytest.fixture(scope="module")
def crops() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(3).integers(0, 256, (6, SIDE_PX, SIDE_PX, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():  # type: ignore[no-untyped-def]
    """With individual statistics in every normalisation, like a trained network."""
    from img_super.lab.training.folded import attention, carry
    from img_super.validator.network import EMBEDDING, STRIDE, build_network

    made = build_network(SIDE_PX)
    rng = np.random.default_rng(4)
    for _, norm in carry.normalised_convolutions(made):
        size = norm.get_weights()[0].shape
        norm.set_weights([rng.uniform(0.5, 1.5, size), rng.normal(0, 0.3, size), rng.normal(0, 0.3, size),
                          rng.uniform(0.5, 2, size)])  # fmt: skip
    last = made.get_layer("tokens_out")
    last.set_weights([rng.normal(0, 0.1, weights.shape) for weights in last.get_weights()])
    embedded = made.get_layer(EMBEDDING)
    kernel, bias = embedded.get_weights()
    embedded.set_weights([kernel, attention.place_waves(SIDE_PX // STRIDE) @ rng.normal(0, 1, (6, bias.shape[1]))])
    return made


@pytest.fixture(scope="module")
def unfolded(network, crops):  # type: ignore[no-untyped-def]
    """Another network with the folded weights."""
    from img_super.lab.training.folded import carry
    from img_super.validator.network import build_network

    made = build_network(SIDE_PX)
    carry.unfold(carry.fold(network), made, crops)
    return made


def test_folding_and_unfolding_keeps_answers(network, unfolded, crops) -> None:  # type: ignore[no-untyped-def]
    before, after = (one(crops.astype(np.float32), training=False) for one in (network, unfolded))
    for name in ("logit", "heat_map"):
        np.testing.assert_allclose(np.asarray(after[name]), np.asarray(before[name]), atol=1e-4)


def test_normalisations_get_their_input_statistics(unfolded, crops) -> None:  # type: ignore[no-untyped-def]
    """Otherwise training in Keras would start with broken layers."""
    learning = unfolded(crops.astype(np.float32), training=True)["heat_map"]
    serving = unfolded(crops.astype(np.float32), training=False)["heat_map"]
    np.testing.assert_allclose(np.asarray(learning), np.asarray(serving), atol=1e-3)


def test_averaged_weights_and_their_file(network, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from img_super.lab.training.folded import carry

    weights = carry.fold(network)
    doubled = {name: 3 * array for name, array in weights.items()}
    carry.save_weights(tmp_path / "mean.npz", carry.mean_of([weights, doubled]))
    for name, array in carry.read_weights(tmp_path / "mean.npz").items():
        np.testing.assert_allclose(array, 2 * weights[name], rtol=1e-5)


def test_pytorch_agrees_with_keras(network, crops) -> None:  # type: ignore[no-untyped-def]
    """Needs PyTorch, which is in no lock file and so not in CI."""
    from img_super.lab.training.folded import carry

    torch = pytest.importorskip("torch")
    from img_super.lab.training.folded.network import answers, to_keras, to_torch

    folded = carry.fold(network)
    weights = to_torch(folded)
    found = answers(weights, torch.from_numpy(crops).permute(0, 3, 1, 2).float())
    expected = network.predict(crops, verbose=0)
    np.testing.assert_allclose(found.logits.numpy(), expected["logit"][:, 0], atol=1e-3)
    np.testing.assert_allclose(torch.sigmoid(found.heat_map).numpy(), expected["heat_map"][..., 0], atol=1e-4)
    for name, array in to_keras(weights).items():
        np.testing.assert_array_equal(array, folded[name])


def test_position_bias_survives_resizing(network) -> None:  # type: ignore[no-untyped-def]
    from img_super.lab.training.folded import attention
    from img_super.validator.network import EMBEDDING

    bias = network.get_layer(EMBEDDING).get_weights()[1]
    larger = attention.at_side(bias, 7)
    corners = (0, 3, 12, 15), (0, 6, 42, 48)
    np.testing.assert_allclose(larger[list(corners[1])], bias[list(corners[0])], atol=1e-4)
    np.testing.assert_allclose(attention.at_side(larger, 4), bias, atol=1e-4)
    assert attention.at_side(bias, 4) is bias
