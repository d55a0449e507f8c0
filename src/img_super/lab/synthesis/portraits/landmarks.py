"""The outline of a face by MediaPipe's landmark network."""

from typing import Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis.geometry import onto
from img_super.lab.synthesis.portraits.weights import read_landmark_network

_INPUT_SIDE_PX: Final = 256
_CROP_TO_FACE: Final = 1.5
_FEWEST_VALUES: Final = 478 * 3
_RIGHT_EYE, _LEFT_EYE = 33, 263
_OVAL: Final = np.array(
    [
        *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
        *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    ]
)


class FaceLandmarker:
    """478 points of a face, from a crop made upright by the eyes."""

    def __init__(self) -> None:
        """Raises `BadWeights`."""
        self._network = Interpreter(model_content=read_landmark_network(), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = self._network.get_output_details()
        self._output = next(output["index"] for output in outputs if int(np.prod(output["shape"])) == _FEWEST_VALUES)

    def points(self, image: RgbImage, face_xywh: tuple[float, float, float, float], eyes: Float32Array) -> Float32Array:
        """Float32 [478, 2], pixels of `image`; `eyes` [2, 2] are the right and the left one.

        Runs twice: the second crop comes from the first result, because the network was trained on such crops.
        """
        x, y, width, height = face_xywh
        first = self._run(image, (x + width / 2, y + height / 2), max(width, height), eyes)
        middle = (first.min(axis=0) + first.max(axis=0)) / 2
        side = float((first.max(axis=0) - first.min(axis=0)).max())
        return self._run(image, (float(middle[0]), float(middle[1])), side, first[[_RIGHT_EYE, _LEFT_EYE]])

    def _run(self, image: RgbImage, centre: tuple[float, float], face_px: float, eyes: Float32Array) -> Float32Array:
        to_crop = _crop_matrix(centre, face_px, eyes)
        wh = (_INPUT_SIDE_PX, _INPUT_SIDE_PX)
        crop = cv2.warpAffine(image, to_crop, wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._network.set_tensor(self._input, crop[np.newaxis].astype(np.float32) / 255)
        self._network.invoke()
        values = self._network.get_tensor(self._output).reshape(-1, 3)[:, :2]
        return onto(cv2.invertAffineTransform(to_crop).astype(np.float32), values)


def outline_of(points: Float32Array) -> Float32Array:
    """The oval of the face, float32 [36, 2]: from the forehead's middle by the left ear to the chin and back."""
    return np.ascontiguousarray(points[_OVAL], np.float32)


def _crop_matrix(centre: tuple[float, float], face_px: float, eyes: Float32Array) -> Float32Array:
    across = eyes[1] - eyes[0]
    angle_deg = float(np.degrees(np.arctan2(across[1], across[0])))
    scale = _INPUT_SIDE_PX / (_CROP_TO_FACE * face_px)
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, angle_deg, scale), np.float64)
    matrix[:, 2] += _INPUT_SIDE_PX / 2 - np.array(centre)
    return np.asarray(matrix, np.float32)
