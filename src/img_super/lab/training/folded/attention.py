"""The weights of self-attention, between Keras's layout and the folded network's, which fits crops of any side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from math import isqrt
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from img_super.validator.network import EMBEDDING

Array = npt.NDArray[np.float32]

PREFIXES: Final = ("tokens", "relate")
_JOINED: Final = "query_key_value"


@cache
def place_waves(side: int) -> Array:
    """Position features of side x side places, row by row: [places, 6]."""
    at = np.linspace(-1, 1, side, dtype=np.float32)
    rows, columns = (axis.ravel() for axis in np.meshgrid(at, at, indexing="ij"))
    far = np.hypot(rows, columns)
    return np.stack([rows, columns, far, np.cos(np.pi * far), np.cos(2 * np.pi * far), np.cos(np.pi * rows)], 1)


def at_side(bias: Array, side: int) -> Array:
    """The position embedding [places, channels] for another map size."""
    if len(bias) == side * side:
        return bias
    return _embedding(*_in_waves(bias), side)


def _embedding(of_waves: Array, everywhere: Array, side: int) -> Array:
    return np.asarray(place_waves(side) @ of_waves + everywhere, np.float32)


def _in_waves(bias: Array) -> tuple[Array, Array]:
    waves = place_waves(isqrt(len(bias)))
    found = np.linalg.lstsq(np.c_[waves, np.ones(len(bias))], bias, rcond=None)[0]
    return np.asarray(found[:-1], np.float32), np.asarray(found[-1], np.float32)


def fold(network: keras.Model) -> dict[str, Array]:
    """By `layer/part`; empty for a network without self-attention."""
    folded: dict[str, Array] = {}
    for layer in _layers(network):
        if isinstance(layer, keras.layers.MultiHeadAttention):
            folded |= _joined(layer)
        elif layer.name == EMBEDDING:
            kernel, bias = layer.get_weights()
            folded[f"{EMBEDDING}/kernel"] = kernel
            folded["tokens_place/kernel"], folded[f"{EMBEDDING}/bias"] = _in_waves(bias)
        else:
            folded |= named_weights(layer)
    return folded


def unfold(weights: Mapping[str, Array], network: keras.Model) -> None:
    """Fill the network's self-attention."""
    for layer in _layers(network):
        if isinstance(layer, keras.layers.MultiHeadAttention):
            layer.set_weights(_taken_apart(weights, layer))
        elif layer.name == EMBEDDING:
            side = isqrt(len(layer.get_weights()[1]))
            bias = _embedding(weights["tokens_place/kernel"], weights[f"{EMBEDDING}/bias"], side)
            layer.set_weights([weights[f"{EMBEDDING}/kernel"], bias])
        else:
            fill(layer, weights)


def _layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    return (layer for layer in network.layers if layer.name.startswith(PREFIXES) and layer.weights)


def named_weights(layer: keras.layers.Layer) -> dict[str, Array]:
    """A layer's arrays by `layer/part`."""
    return {f"{layer.name}/{part}": array for part, array in zip(_parts(layer), layer.get_weights(), strict=False)}


def fill(layer: keras.layers.Layer, weights: Mapping[str, Array]) -> None:
    """Set a layer's arrays, of which some layers lack the last."""
    layer.set_weights([weights[f"{layer.name}/{part}"] for part in _parts(layer)[: len(layer.weights)]])


def _parts(layer: keras.layers.Layer) -> tuple[str, str]:
    return ("gamma", "beta") if isinstance(layer, keras.layers.LayerNormalization) else ("kernel", "bias")


def _joined(attention: Any) -> dict[str, Array]:
    """Query, key and value as one matrix; Keras has channels x heads x channels of a head."""
    *inner, kernel, bias = attention.get_weights()
    name = _name(attention)
    return {
        f"{name}_{_JOINED}/kernel": np.concatenate([each.reshape(len(each), -1) for each in inner[::2]], 1),
        f"{name}_{_JOINED}/bias": np.concatenate([each.ravel() for each in inner[1::2]]),
        f"{name}_out/kernel": kernel.reshape(-1, kernel.shape[-1]),
        f"{name}_out/bias": bias,
    }


def _taken_apart(weights: Mapping[str, Array], attention: Any) -> list[Array]:
    name = _name(attention)
    inner = [np.split(weights[f"{name}_{_JOINED}/{what}"], 3, axis=-1) for what in ("kernel", "bias")]
    arrays = [array for pair in zip(*inner, strict=True) for array in pair]
    arrays += [weights[f"{name}_out/{what}"] for what in ("kernel", "bias")]
    return [array.reshape(own.shape) for array, own in zip(arrays, attention.get_weights(), strict=True)]


def _name(attention: Any) -> str:
    return str(attention.name).removesuffix("_attention")
