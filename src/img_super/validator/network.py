"""The validation network: EfficientNet-Lite0, cut off at stride 16, self-attention, a logit and a map of suspicion.

Backend-neutral Keras 3. Lite0 has ReLU6 and no squeeze-excitation, so that it quantises well.
Source: M. Tan, Q. Le, "EfficientNet", 2019, and the Lite variants of the TPU models' repository.
"""

from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

STRIDE: Final = 16
"""Crop pixels a side of one cell of the heat map."""

_STAGES: Final = ((3, 1, 1, 1, 16), (3, 2, 2, 6, 24), (5, 2, 2, 6, 40), (3, 3, 2, 6, 80), (5, 3, 1, 6, 112))
"""Kernel, repeats, stride, expansion, channels of each stage up to stride 16."""

ENCODER_LAYERS: Final = 2
HEADS: Final = 4
TOKEN_CHANNELS: Final = 128
EMBEDDING: Final = "tokens_in"
TRUNK: Final = "seen"

_BATCH_NORM_EPSILON: Final = 1e-3
_LAYER_NORM_EPSILON: Final = 1e-5


def build_network(input_side_px: int, neck_channels: int = 128, dropout: float = 0.3) -> keras.Model:
    """Build the network with random weights.

    Args:
        input_side_px: side of the square crop; a multiple of 16.
        neck_channels: features per position, before the two outputs.
        dropout: share of pooled features that training drops.

    Returns a model from RGB float32 [n, side, side, 3], values 0 to 255, to a dictionary of `logit` [n, 1] (rises with
    suspicion) and `heat_map` [n, side / 16, side / 16, 1] (probability in [0, 1] of superimposition by position).
    Raises `ValueError`: the side is not a multiple of 16.
    """
    if input_side_px % STRIDE:
        raise ValueError(f"the side must be a multiple of {STRIDE}, not {input_side_px}")
    crop = keras.Input((input_side_px, input_side_px, 3), name="crop")
    scaled = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(crop)
    features = keras.layers.Concatenate(name=TRUNK)([_backbone(scaled), _residue(scaled)])
    neck = keras.layers.Conv2D(neck_channels, 1, use_bias=False, name="neck_conv")(features)
    neck = keras.layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name="neck_bn")(neck)
    features = keras.layers.Add(name="neck")([neck, _attended(features, neck_channels)])
    features = keras.layers.ReLU(6.0, name="neck_relu6")(features)
    heat_map = keras.layers.Conv2D(1, 1, activation="sigmoid", dtype="float32", name="heat_map")(features)
    pooled = keras.layers.Dropout(dropout, name="dropout")(compared(features))
    hidden = keras.layers.Dense(64, name="compare")(pooled)
    # Leaky, because with ReLU6 all units were zero on plain attacks, which then ranked alike.
    logit = keras.layers.Dense(1, dtype="float32", name="logit")(
        keras.layers.LeakyReLU(0.1, name="compare_leaky")(hidden)
    )
    network = keras.Model(crop, {"logit": logit, "heat_map": heat_map}, name="portrait_validator")
    # Set here, because a custom initializer would be needed to load the saved network.
    residue = network.get_layer("residue_conv")
    residue.set_weights([high_pass_kernels(residue.kernel.shape)])
    return network


def _residue(x: Any) -> Any:
    """Noise, halftone and edges, which an object backbone ignores: a learned high-pass, then few channels.

    Source of the idea: J. Fridrich, J. Kodovsky, "Rich Models for Steganalysis of Digital Images", 2012.
    """
    x = keras.layers.Conv2D(16, 5, strides=2, padding="same", use_bias=False, name="residue_conv")(x)
    x = _normalised(x, "residue_bn")
    for number, channels in enumerate((32, 48, 48)):
        name = f"residue{number}"
        x = keras.layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
        x = keras.layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project_conv")(x)
        x = _normalised(x, f"{name}_bn")
    return x


def _attended(features: Any, channels: int) -> Any:
    """Compares each position with all others: normal sharpness and noise differ between documents.

    Pre-norm encoder layers with zero-initialised output, so that they can be added to a trained network. Source: A.
    Vaswani et al., "Attention is all you need", 2017.
    """
    _, height, width, _ = features.shape
    x = keras.layers.Reshape((height * width, features.shape[-1]), name="tokens")(features)
    # One bias per position serves as the position embedding.
    embedded = keras.layers.EinsumDense("npc,cd->npd", (height * width, TOKEN_CHANNELS), bias_axes="pd", name=EMBEDDING)
    x = embedded(x)
    for number in range(ENCODER_LAYERS):
        x = _encoder_layer(x, f"relate{number}")
    x = keras.layers.LayerNormalization(epsilon=_LAYER_NORM_EPSILON, name="tokens_norm")(x)
    x = keras.layers.Dense(channels, kernel_initializer="zeros", name="tokens_out")(x)
    return keras.layers.Reshape((height, width, channels), name="related")(x)


def _encoder_layer(x: Any, name: str) -> Any:
    attention = keras.layers.MultiHeadAttention(HEADS, TOKEN_CHANNELS // HEADS, name=f"{name}_attention")
    y = keras.layers.LayerNormalization(epsilon=_LAYER_NORM_EPSILON, name=f"{name}_norm0")(x)
    x = keras.layers.Add(name=f"{name}_attended")([x, attention(y, y)])
    y = keras.layers.LayerNormalization(epsilon=_LAYER_NORM_EPSILON, name=f"{name}_norm1")(x)
    y = keras.layers.Dense(2 * TOKEN_CHANNELS, activation="relu", name=f"{name}_wide")(y)
    return keras.layers.Add(name=f"{name}_add")([x, keras.layers.Dense(TOKEN_CHANNELS, name=f"{name}_narrow")(y)])


def compared(features: Any, prefix: str = "") -> Any:
    """Mean and peak of the whole crop and of its centre, the face: their differences are the evidence.

    `prefix`: of the layers' names, where a network pools a second map.
    """
    side = int(features.shape[1])
    middle = keras.layers.Cropping2D((side - side // 2) // 2, name=f"{prefix}middle")(features)
    return keras.layers.Concatenate(name=f"{prefix}pooled")(
        [
            keras.layers.GlobalAveragePooling2D(name=f"{prefix}mean")(features),
            keras.layers.GlobalMaxPooling2D(name=f"{prefix}peak")(features),
            keras.layers.GlobalAveragePooling2D(name=f"{prefix}middle_mean")(middle),
            keras.layers.GlobalMaxPooling2D(name=f"{prefix}middle_peak")(middle),
        ]
    )


def high_pass_kernels(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Kernels [height, width, channels, n] that ignore flat areas: random with zero mean, each also negated."""
    half = np.random.default_rng(5).standard_normal((*shape[:-1], (shape[-1] + 1) // 2))
    half -= half.mean(axis=(0, 1), keepdims=True)
    kernels = np.concatenate([half, -half], axis=-1)[..., : shape[-1]]
    return np.asarray(kernels / np.sqrt(shape[0] * shape[1]), np.float32)


def _backbone(x: Any) -> Any:
    x = keras.layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(x)
    x = _normalised(x, "stem_bn")
    number = 0
    for kernel, repeats, stride, expansion, channels in _STAGES:
        for repeat in range(repeats):
            x = _block(x, f"block{number}", kernel, stride if repeat == 0 else 1, expansion, channels)
            number += 1
    return x


def _block(x: Any, name: str, kernel: int, stride: int, expansion: int, channels: int) -> Any:
    """An inverted residual. Source: M. Sandler et al., "MobileNetV2", 2018."""
    skip, channels_in = x, x.shape[-1]
    if expansion != 1:
        x = keras.layers.Conv2D(channels_in * expansion, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = _normalised(x, f"{name}_bn0")
    depthwise = keras.layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )
    x = _normalised(depthwise(x), f"{name}_bn1")
    x = keras.layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project_conv")(x)
    x = keras.layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=f"{name}_bn2")(x)
    if stride == 1 and channels == channels_in:
        return keras.layers.Add(name=f"{name}_add")([skip, x])
    return x


def _normalised(x: Any, name: str) -> Any:
    x = keras.layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=name)(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x)


def load_backbone(network: keras.Model, weights: Path) -> int:
    """Load ImageNet weights that `training.imagenet` converted; return the number of loaded layers.

    Raises `KeyError`: the file lacks weights of a backbone layer.
    """
    filled = 0
    with np.load(weights) as arrays:
        for layer in network.layers:
            is_backbone = layer.name.startswith(("block", "stem"))
            if layer.weights and is_backbone:
                layer.set_weights([arrays[f"{layer.name}/{index}"] for index in range(len(layer.weights))])
                filled += 1
    return filled
