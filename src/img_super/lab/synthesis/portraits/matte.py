"""Soft mattes of head and shoulders, hair included."""

from typing import Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis.portraits.portrait import Matte
from img_super.lab.synthesis.portraits.weights import PERSON_MATTE

_INPUT_SIDE_PX: Final = 256
_GUIDE_SIDE_PX: Final = 224
_RADIUS_SHARE: Final = 0.022
_SMOOTHNESS: Final = 2e-4
_UNSURE: Final = (0.25, 0.75)
_SOFT: Final = (0.10, 0.90)


class PersonMatter:
    """MediaPipe's selfie segmentation (Apache-2.0), refined to the picture's own edges."""

    def __init__(self) -> None:
        """Raises `BadWeights`."""
        self._network = Interpreter(model_content=PERSON_MATTE.read(), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        self._output = self._network.get_output_details()[0]["index"]

    def matte(self, image: RgbImage, inside_xy: tuple[float, float]) -> Matte:
        """The matte of the person at the point `inside_xy`, uint8, of the picture's size."""
        coarse = _part_around(_stretched(self._coarse(image), _UNSURE), inside_xy, image.shape[1::-1])
        guide = image.astype(np.float32) / np.float32(255)
        soft = refined(guide, cv2.resize(coarse, image.shape[1::-1]).astype(np.float32))
        person = _part_around(_stretched(soft, _SOFT), inside_xy, image.shape[1::-1])
        return np.asarray(person * 255 + 0.5, np.uint8)

    def _coarse(self, image: RgbImage) -> Float32Array:
        small = cv2.resize(image, (_INPUT_SIDE_PX, _INPUT_SIDE_PX), interpolation=cv2.INTER_AREA)
        self._network.set_tensor(self._input, small[np.newaxis].astype(np.float32) / 255)
        self._network.invoke()
        return np.asarray(self._network.get_tensor(self._output)[0, :, :, 0], np.float32)


def refined(guide: Float32Array, matte: Float32Array) -> Float32Array:
    """A matte whose edges follow the colour picture `guide` (both 0 to 1, of equal size).

    Source: K. He, J. Sun, X. Tang, "Guided Image Filtering", 2010, the colour guide of its section 3.5; solved at a
    reduced size as in K. He, J. Sun, "Fast Guided Filter", 2015.
    """
    scale = min(1.0, _GUIDE_SIDE_PX / max(matte.shape))
    wh = round(matte.shape[1] * scale), round(matte.shape[0] * scale)
    small_guide = cv2.resize(guide, wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    small_matte = cv2.resize(matte, wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    slopes, offset = _linear_model(small_guide, small_matte, max(2, round(_RADIUS_SHARE * max(wh))))
    full_wh = matte.shape[1::-1]
    products = cv2.multiply(cv2.resize(slopes, full_wh), guide)
    return np.asarray(products.sum(axis=2) + cv2.resize(offset, full_wh), np.float32)


def _linear_model(guide: Float32Array, matte: Float32Array, radius_px: int) -> tuple[Float32Array, Float32Array]:
    """Per pixel, the smoothed slopes [h, w, 3] and offset [h, w] that predict the matte from the guide."""

    def mean(values: Float32Array) -> Float32Array:
        return np.asarray(cv2.boxFilter(values, -1, (2 * radius_px + 1, 2 * radius_px + 1)), np.float32)

    guide_mean, matte_mean = mean(guide), mean(matte)
    pairs = guide[:, :, :, None] * guide[:, :, None, :]
    spread = np.stack([mean(np.ascontiguousarray(pairs[:, :, :, channel])) for channel in range(3)], axis=-1)
    spread -= guide_mean[:, :, :, None] * guide_mean[:, :, None, :]
    spread += _SMOOTHNESS * np.eye(3, dtype=np.float32)
    shared = mean(cv2.multiply(guide, cv2.merge([matte] * 3)).astype(np.float32)) - guide_mean * matte_mean[:, :, None]
    slopes = np.linalg.solve(spread, shared[:, :, :, None])[:, :, :, 0].astype(np.float32)
    return mean(slopes), mean(matte_mean - (slopes * guide_mean).sum(axis=2))


def _stretched(values: Float32Array, limits: tuple[float, float]) -> Float32Array:
    """0 below the lower limit, 1 above the upper one, which removes haze over the background."""
    return np.asarray(np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1), np.float32)


def _part_around(coarse: Float32Array, inside_xy: tuple[float, float], wh: tuple[int, int]) -> Float32Array:
    """Drop parts not connected to the person: other people, patches of background."""
    count, labels = cv2.connectedComponents((coarse > 0.3).astype(np.uint8))
    x = min(max(int(inside_xy[0] * coarse.shape[1] / wh[0]), 0), coarse.shape[1] - 1)
    y = min(max(int(inside_xy[1] * coarse.shape[0] / wh[1]), 0), coarse.shape[0] - 1)
    if count <= 2 or labels[y, x] == 0:
        return coarse
    person = cv2.dilate((labels == labels[y, x]).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(coarse * person, np.float32)
