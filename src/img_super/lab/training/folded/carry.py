"""Folds a Keras validator's batch normalisation into its weights, and back: equal outputs, other arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from img_super.lab.training.folded import attention

Weights = Mapping[str, npt.NDArray[np.float32]]
"""By `layer/kernel` and `layer/bias`, laid out as Keras lays them out."""

_PLAIN: Final = ("heat_map", "compare", "logit", *(f"residue{number}_depthwise_conv" for number in range(3)))
Moments = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

_AT_ONCE: Final = 4
_BLOCK_NORMS: Final = {"expand": "bn0", "depthwise": "bn1", "project": "bn2"}


def normalised_convolutions(network: keras.Model) -> Iterator[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """Every convolution that is followed by a batch normalisation, with it."""
    for layer in network.layers:
        if layer.name.endswith("_conv") and layer.name not in _PLAIN:
            yield layer, network.get_layer(_norm_of(layer.name))


def _norm_of(conv: str) -> str:
    stem, _, part = conv.removesuffix("_conv").partition("_")
    return f"{stem}_{_BLOCK_NORMS[part]}" if stem.startswith("block") else f"{stem}_bn"


def fold(network: keras.Model) -> dict[str, npt.NDArray[np.float32]]:
    """The network's weights with each normalisation multiplied into its convolution."""
    folded: dict[str, npt.NDArray[np.float32]] = {}
    for conv, norm in normalised_convolutions(network):
        gamma, beta, mean, variance = norm.get_weights()
        scale = gamma / np.sqrt(variance + norm.epsilon)
        folded[f"{conv.name}/kernel"] = conv.get_weights()[0] * _along_outputs(conv, scale)
        folded[f"{conv.name}/bias"] = beta - mean * scale
    for name in _PLAIN:
        folded |= attention.named_weights(network.get_layer(name))
    folded |= attention.fold(network)
    return {name: np.asarray(array, np.float32) for name, array in folded.items()}


def unfold(weights: Weights, network: keras.Model, crops: npt.NDArray[np.uint8]) -> None:
    """Fill the network so that it answers like the folded weights and can be trained further.

    Each normalisation gets the mean and the variance that its input has on `crops`, uint8 [n, side, side, 3]: with
    made-up ones a later training would begin by breaking every layer.
    """
    for name in _PLAIN:
        attention.fill(network.get_layer(name), weights)
    attention.unfold(weights, network)
    pairs = list(normalised_convolutions(network))
    for conv, norm in pairs:
        conv.set_weights([weights[f"{conv.name}/kernel"]])
        _answer_alike(norm, weights[f"{conv.name}/bias"], 0.0, 1.0)
    for (conv, norm), (mean, variance) in zip(pairs, _moments(network, pairs, crops), strict=True):
        _answer_alike(norm, weights[f"{conv.name}/bias"], mean, variance)


def _moments(network: keras.Model, pairs: Sequence[tuple[Any, Any]], crops: npt.NDArray[np.uint8]) -> list[Moments]:
    """Mean and variance of each convolution's channels, in chunks: all outputs at once take gigabytes."""
    outputs = keras.Model(network.inputs[0], [conv.output for conv, _ in pairs])
    sums = [np.zeros((2, conv.output.shape[-1])) for conv, _ in pairs]
    places = [0 for _ in pairs]
    for start in range(0, len(crops), _AT_ONCE):
        seen = outputs(crops[start : start + _AT_ONCE].astype(np.float32), training=False)
        for number, values in enumerate(seen):
            flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
            sums[number] += flat.sum(0), (flat**2).sum(0)
            places[number] += len(flat)
    means = [total / count for total, count in zip(sums, places, strict=True)]
    return [(mean, np.maximum(square - mean**2, 0)) for mean, square in means]


def _answer_alike(norm: keras.layers.Layer, bias: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> None:
    """A normalisation of inputs of this mean and variance that adds a bias and changes nothing else."""
    bias = np.asarray(bias, np.float32)
    mean, variance = (np.broadcast_to(np.asarray(each, np.float32), bias.shape) for each in (mean, variance))
    norm.set_weights([np.sqrt(variance + norm.epsilon), bias + mean, mean, variance])


def _along_outputs(conv: keras.layers.Layer, scale: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return scale[:, None] if isinstance(conv, keras.layers.DepthwiseConv2D) else scale


def save_weights(path: Path, weights: Weights) -> None:
    """Write folded weights as `.npz`."""
    arrays: dict[str, Any] = dict(weights)
    np.savez(path, **arrays)


def read_weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Read folded weights."""
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def mean_of(several: Sequence[Weights]) -> dict[str, npt.NDArray[np.float32]]:
    """The mean of equally shaped weights. Source: M. Wortsman et al., "Model soups", 2022."""
    return {name: np.mean([weights[name] for weights in several], axis=0, dtype=np.float32) for name in several[0]}
