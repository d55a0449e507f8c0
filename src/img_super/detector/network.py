"""The one-pass detection network: YuNet's backbone with our own neck and heads; and YuNet itself.

Keras 3, backend-neutral; fully convolutional; 0.13 million parameters. `training.detector.first_weights` fills in
YuNet's weights.
Sources: W. Wu, H. Peng, S. Yu, "YuNet", 2023; T.-Y. Lin et al., "Feature Pyramid Networks", 2017.
"""

from math import log
from typing import Any, Final

import keras

from img_super.detector.outputs import CHANNELS

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


def build_network(input_wh: tuple[int, int]) -> keras.Model:
    """Build the network with random weights. `input_wh`: of the letterboxed photo; multiples of 32.

    Returns a model from RGB float32 [n, height, width, 3], values 0 to 255, to a dictionary of float32 [n, height / 8,
    width / 8, channels], as `heads.CHANNELS` says. Raises `ValueError`: a side is not a multiple of 32.
    """
    if any(side % COARSEST_STRIDE for side in input_wh):
        raise ValueError(f"the sides must be multiples of {COARSEST_STRIDE}, not {input_wh}")
    photo = keras.Input((input_wh[1], input_wh[0], 3), name="photo")
    stem = keras.layers.Conv2D(UNIT_CHANNELS[0], 3, strides=2, padding="same", activation="relu", name=STEM)(photo)
    features = _merged(*_backbone(stem))
    outputs = {name: _head(features, name, channels) for name, channels in CHANNELS.items()}
    return keras.Model(photo, outputs, name="portrait_detector")


def build_yunet(side_px: int) -> keras.Model:
    """YuNet with random weights, without its landmarks.

    Returns a model from RGB float32 [n, side, side, 3], values 0 to 255, to `cells`, float32 [n, cells, 6]: all cells
    of 8 pixels row by row, then those of 16, then those of 32; class and object in [0, 1], then the box.
    """
    photo = keras.Input((side_px, side_px, 3), name="photo")
    padded = keras.layers.ZeroPadding2D(1)(photo)  # as in YuNet's training; "same" would only pad bottom and right
    stem = keras.layers.Conv2D(UNIT_CHANNELS[0], 3, strides=2, activation="relu", name=STEM)(padded)
    at8, at16, at32 = _backbone(stem)
    at32 = _unit(at32, 11, UNIT_CHANNELS[-1])
    at16 = _unit(_added(at32, at16), 12, UNIT_CHANNELS[-1])
    at8 = _unit(_added(at16, at8), 13, UNIT_CHANNELS[-1])
    cells = [_cells(level, 14 + number) for number, level in enumerate((at8, at16, at32))]
    return keras.Model(photo, {"cells": keras.layers.Concatenate(axis=1)(cells)}, name="yunet")


def _added(coarse: Any, fine: Any) -> Any:
    return keras.layers.Add()([keras.layers.UpSampling2D(2, interpolation="nearest")(coarse), fine])


def _cells(level: Any, unit: int) -> Any:
    """Class, box and object of every cell of a level; units of one kind are consecutive in YuNet's file."""
    class_score, box, object_score = (
        _unit(level, unit + 3 * number, size, None) for number, size in enumerate((1, 4, 1))
    )
    answers = [keras.layers.Activation("sigmoid")(class_score), keras.layers.Activation("sigmoid")(object_score), box]
    return keras.layers.Reshape((-1, 6))(keras.layers.Concatenate()(answers))


def _backbone(x: Any) -> list[Any]:
    """YuNet's features at strides 8, 16 and 32, from the stem's."""
    levels = []
    for number, channels in enumerate(UNIT_CHANNELS):
        if number in _HALVED_BEFORE:
            x = keras.layers.MaxPooling2D(2, name=f"halve{number}")(x)
        x = _unit(x, number, channels)
        if number in _LEVELS:
            levels.append(x)
    return levels


def _unit(x: Any, number: int, channels: int, activation: str | None = "relu") -> Any:
    mixed = keras.layers.Conv2D(channels, 1, name=pointwise_of(number))(x)
    looks = keras.layers.DepthwiseConv2D(3, padding="same", activation=activation, name=depthwise_of(number))
    return looks(mixed)


def pointwise_of(unit: int) -> str:
    """Name of a unit's pointwise layer."""
    return f"unit{unit}_pointwise"


def depthwise_of(unit: int) -> str:
    """Name of a unit's depthwise layer."""
    return f"unit{unit}_depthwise"


def _merged(at8: Any, at16: Any, at32: Any) -> Any:
    """The features of all strides at the finest one; the coarsest cover the document around the face."""
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
    features = keras.layers.DepthwiseConv2D(kernel, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    features = _pointwise(_normalised(features, f"{name}_depthwise"), f"{name}_pointwise", channels)
    return keras.layers.Add(name=f"{name}_add")([x, features])


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
