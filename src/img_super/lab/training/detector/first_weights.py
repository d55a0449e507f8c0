"""Fills YuNet's layers in a network of `detector.network` with its weights (MIT licence), as OpenCV reads its file."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import numpy.typing as npt

from img_super.detector.network import STEM, depthwise_of, pointwise_of
from img_super.detector.weights import read_yunet_weights


def load_yunet(network: keras.Model) -> None:
    """Load YuNet's stem and the units that the network shares with it. Raises `BadModel` without YuNet's file."""
    convolutions = _convolutions()
    kernel, bias = convolutions[0]
    stem = kernel.transpose(2, 3, 1, 0)[:, :, ::-1]  # YuNet expects BGR
    network.get_layer(STEM).set_weights([stem, bias])
    units = sum(layer.name.startswith("unit") and layer.name.endswith("_pointwise") for layer in network.layers)
    for unit in range(units):
        (mixing, mixing_bias), (looking, looking_bias) = convolutions[1 + 2 * unit : 3 + 2 * unit]
        network.get_layer(pointwise_of(unit)).set_weights([mixing.transpose(2, 3, 1, 0), mixing_bias])
        network.get_layer(depthwise_of(unit)).set_weights([looking.transpose(2, 3, 0, 1), looking_bias])


def _convolutions() -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Kernels [out, in, height, width] and biases of YuNet's convolutions in file order."""
    reader = cv2.dnn.readNetFromONNX(np.frombuffer(read_yunet_weights(), np.uint8))
    numbers = [reader.getLayerId(name) for name in reader.getLayerNames()]
    numbers = [number for number in numbers if reader.getLayer(number).type == "Convolution"]
    return [
        (np.asarray(reader.getParam(number, 0), np.float32), np.asarray(reader.getParam(number, 1), np.float32).ravel())
        for number in numbers
    ]
