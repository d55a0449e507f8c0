"""The validator in PyTorch, as a function of its folded weights. Equal to `validator.network` in every output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from img_super.lab.training.folded.attention import place_waves
from img_super.validator.network import EMBEDDING, ENCODER_LAYERS, HEADS

Tensor = Any
Weights = Mapping[str, Tensor]

_STAGES: Final = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1))
"""Repeats and stride of each stage, as in `validator.network`; kernels and channels are those of the weights."""

_RESIDUES: Final = 3
_DEPTHWISE: Final = "_depthwise_conv"


@dataclass(frozen=True, slots=True)
class Answers:
    """Logits [n], and logits of the heat map [n, side / 16, side / 16]."""

    logits: Tensor
    heat_map: Tensor


def to_torch(weights: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, Tensor]:
    """Keras's layout to PyTorch's."""
    return {name: torch.from_numpy(np.ascontiguousarray(_turned(name, array))) for name, array in weights.items()}


def to_keras(weights: Weights) -> dict[str, npt.NDArray[np.float32]]:
    """PyTorch's layout to Keras's."""
    found = {}
    for name, tensor in weights.items():
        array = tensor.detach().numpy()
        if array.ndim == 4:
            array = array.transpose(2, 3, 0, 1) if _DEPTHWISE in name else array.transpose(2, 3, 1, 0)
        found[name] = np.ascontiguousarray(array.T if array.ndim == 2 else array)
    return found


def _turned(name: str, array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if array.ndim == 4:
        return array.transpose(2, 3, 0, 1) if _DEPTHWISE in name else array.transpose(3, 2, 0, 1)
    return array.T if array.ndim == 2 else array


def answers(weights: Weights, crops: Tensor, frozen_blocks: int = 0, dropout: float = 0.0) -> Answers:
    """The network's answers for crops: float [n, 3, side, side], 0 to 255.

    Args:
        frozen_blocks: this many blocks, and the stem, get no gradients.
        dropout: share of pooled features dropped; 0 unless training.
    """
    scaled = (crops - 127) / 128
    with torch.set_grad_enabled(torch.is_grad_enabled() and frozen_blocks == 0):
        features = functional.relu6(_convolved(weights, "stem_conv", scaled, 2))
    number = 0
    for repeats, stride in _STAGES:
        for repeat in range(repeats):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= frozen_blocks):
                features = _block(weights, f"block{number}", features, stride if repeat == 0 else 1)
            number += 1
    features = torch.cat([features, _residue(weights, scaled)], 1)
    neck = _convolved(weights, "neck_conv", features, 1)
    if f"{EMBEDDING}/kernel" in weights:
        neck = neck + _attended(weights, features)
    features = functional.relu6(neck)
    heat_map = _convolved(weights, "heat_map", features, 1)[:, 0]
    pooled = functional.dropout(_compared(features), dropout) if dropout else _compared(features)
    hidden = functional.leaky_relu(_dense(weights, "compare", pooled), 0.1)
    return Answers(_dense(weights, "logit", hidden)[:, 0], heat_map)


def _block(weights: Weights, name: str, came_in: Tensor, stride: int) -> Tensor:
    x = came_in
    if f"{name}_expand_conv/kernel" in weights:
        x = functional.relu6(_convolved(weights, f"{name}_expand_conv", x, 1))
    x = functional.relu6(_convolved(weights, f"{name}{_DEPTHWISE}", x, stride))
    x = _convolved(weights, f"{name}_project_conv", x, 1)
    return came_in + x if x.shape == came_in.shape else x


def _residue(weights: Weights, scaled: Tensor) -> Tensor:
    x = functional.relu6(_convolved(weights, "residue_conv", scaled, 2))
    for number in range(_RESIDUES):
        x = _convolved(weights, f"residue{number}{_DEPTHWISE}", x, 2)
        x = functional.relu6(_convolved(weights, f"residue{number}_project_conv", x, 1))
    return x


def _attended(weights: Weights, features: Tensor) -> Tensor:
    """Self-attention as in `validator.network`."""
    side = features.shape[2]
    x = _dense(weights, EMBEDDING, features.flatten(2).transpose(1, 2))
    x = x + functional.linear(torch.from_numpy(place_waves(side)), weights["tokens_place/kernel"])
    for number in range(ENCODER_LAYERS):
        x = _encoder_layer(weights, f"relate{number}", x)
    x = _dense(weights, "tokens_out", _layer_norm(weights, "tokens_norm", x))
    return x.transpose(1, 2).unflatten(2, (side, side))


def _encoder_layer(weights: Weights, name: str, x: Tensor) -> Tensor:
    y = _dense(weights, f"{name}_query_key_value", _layer_norm(weights, f"{name}_norm0", x))
    query, key, value = y.unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
    y = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
    x = x + _dense(weights, f"{name}_out", y)
    y = functional.relu(_dense(weights, f"{name}_wide", _layer_norm(weights, f"{name}_norm1", x)))
    return x + _dense(weights, f"{name}_narrow", y)


def _layer_norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], weights[f"{name}/gamma"], weights[f"{name}/beta"])


def _convolved(weights: Weights, name: str, x: Tensor, stride: int) -> Tensor:
    """Padded like TensorFlow's `same` for even sides: with stride 2, one pixel less on the left and top."""
    kernel = weights[f"{name}/kernel"]
    size = kernel.shape[-1]
    groups = x.shape[1] if _DEPTHWISE in name else 1
    less, more = (size - stride) // 2, size - stride - (size - stride) // 2
    if size > 1 and less != more:
        x = functional.pad(x, (less, more, less, more))
        less = 0
    return functional.conv2d(x, kernel, weights.get(f"{name}/bias"), stride, max(less, 0), 1, groups)


def _compared(features: Tensor) -> Tensor:
    """Mean and peak of the whole crop and of its middle."""
    side = features.shape[2]
    cut = (side - side // 2) // 2
    middle = features[:, :, cut : side - cut, cut : side - cut]
    parts = [each for x in (features, middle) for each in (x.mean((2, 3)), x.amax((2, 3)))]
    return torch.cat(parts, 1)


def _dense(weights: Weights, name: str, x: Tensor) -> Tensor:
    return functional.linear(x, weights[f"{name}/kernel"], weights[f"{name}/bias"])
