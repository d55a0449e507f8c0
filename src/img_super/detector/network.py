"""The one-pass detection network: YuNet's backbone, which knows faces, and a neck and heads of our own. Keras 3.

Backend-neutral; fully convolutional; 0.13 million parameters. `training.detector.first_weights` fills the backbone.
Sources: W. Wu, H. Peng, S. Yu, "YuNet", 2023; T.-Y. Lin et al., "Feature Pyramid Networks", 2017.
"""

from __future__ import annotations

from math import log
from typing import Any, Final

import keras

from img_super.detector.heads import CHANNELS

COARSEST_STRIDE: Final = 32
STEM: Final = "stem"
UNIT_CHANNELS: Final = (16, 16, 32, 32, 64, 64, 64, 64, 64, 64, 64)
"""YuNet's units (pointwise, then depthwise convolution), from stride 2 to stride 32."""

_HALVED_BEFORE: Final = (1, 5, 7, 9)
"""Units before which a maximum of 2 x 2 is taken."""

_LEVELS: Final = (6, 8, 10)
"""Units at whose ends the strides 8, 16 and 32 are read."""

_NECK_CHANNELS: Final = 64
_WIDE_CHANNELS: Final = 128
_RARE: Final = 0.01
"""How likely a cell holds a face before anything was learned: without it, the first steps learn only that most do not.
Source: T.-Y. Lin et al., "Focal Loss for Dense Object Detection", 2017."""


def build_network(input_side_px: int) -> keras.Model:
    """Build the network with random weights.

    Args:
        input_side_px: side of the letterboxed photo; a multiple of 32.

    Returns:
        A model from RGB float32 [n, side, side, 3], values 0 to 255, to a dictionary of float32
        [n, side / 8, side / 8, channels], as `heads.CHANNELS` says.

    Raises:
        ValueError: the side is no multiple of 32.
    """
    if input_side_px % COARSEST_STRIDE:
        raise ValueError(f"the side must be a multiple of {COARSEST_STRIDE}, not {input_side_px}")
    photo = keras.Input((input_side_px, input_side_px, 3), name="photo")
    features = _merged(*_backbone(photo))
    outputs = {name: _head(features, name, channels) for name, channels in CHANNELS.items()}
    return keras.Model(photo, outputs, name="portrait_detector")


def _backbone(photo: Any) -> list[Any]:
    """What YuNet sees at the strides 8, 16 and 32."""
    x = keras.layers.Conv2D(UNIT_CHANNELS[0], 3, strides=2, padding="same", activation="relu", name=STEM)(photo)
    levels = []
    for number, channels in enumerate(UNIT_CHANNELS):
        if number in _HALVED_BEFORE:
            x = keras.layers.MaxPooling2D(2, name=f"halve{number}")(x)
        x = keras.layers.Conv2D(channels, 1, name=pointwise_of(number))(x)
        x = keras.layers.DepthwiseConv2D(3, padding="same", activation="relu", name=depthwise_of(number))(x)
        if number in _LEVELS:
            levels.append(x)
    return levels


def pointwise_of(unit: int) -> str:
    """Name of the layer that mixes a unit's channels."""
    return f"unit{unit}_pointwise"


def depthwise_of(unit: int) -> str:
    """Name of the layer that looks at a unit's surroundings."""
    return f"unit{unit}_depthwise"


def _merged(at8: Any, at16: Any, at32: Any) -> Any:
    """What each stride sees, in the cells of the finest; the coarsest look far, for the document around the face."""
    x = _pointwise(at32, "wide", _WIDE_CHANNELS)
    for number in range(2):
        x = _separable(x, f"wide{number}", 5, _WIDE_CHANNELS)
    for stride, level in ((16, at16), (8, at8)):
        x = _pointwise(x, f"narrow{stride}", _NECK_CHANNELS)
        x = keras.layers.UpSampling2D(2, interpolation="bilinear", name=f"up{stride}")(x)
        x = keras.layers.Add(name=f"merge{stride}")([x, _pointwise(level, f"lateral{stride}", _NECK_CHANNELS)])
        x = _separable(x, f"after{stride}", 5, _NECK_CHANNELS)
    return _separable(x, "last", 5, _NECK_CHANNELS)


def _separable(x: Any, name: str, kernel: int, channels: int) -> Any:
    """A depthwise and a pointwise convolution, added to what came in."""
    seen = keras.layers.DepthwiseConv2D(kernel, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    seen = _pointwise(_normalised(seen, f"{name}_depthwise"), f"{name}_pointwise", channels)
    return keras.layers.Add(name=f"{name}_add")([x, seen])


def _pointwise(x: Any, name: str, channels: int) -> Any:
    return _normalised(keras.layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_conv")(x), name)


def _normalised(x: Any, name: str) -> Any:
    x = keras.layers.BatchNormalization(momentum=0.98, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x)


def _head(features: Any, name: str, channels: int) -> Any:
    if name != "centres":
        return keras.layers.Conv2D(channels, 1, name=name)(features)
    bias = keras.initializers.Constant(log(_RARE / (1 - _RARE)))
    return keras.layers.Conv2D(channels, 1, activation="sigmoid", bias_initializer=bias, name=name)(features)
