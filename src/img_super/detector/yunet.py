"""The precise detector: YuNet in four rotations, through OpenCV."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.detector.choice import choose
from img_super.detector.weights import YUNET, read_yunet_weights
from img_super.domain import ROTATIONS, Box, Detection, Face, Float32Array, ModelIdentity, RgbImage, Rotation
from img_super.per_thread import PerThread
from img_super.turn import inverse, turn

LONG_SIDES_PX: Final = (640, 1280)
"""The photo is searched at the first size, and at the second only when nothing was found at the first."""

MIN_CONFIDENCE: Final = 0.6
_MIN_SIDE_PX: Final = 16
"""On an image narrower than this YuNet answers infinite boxes and faces in plain white."""

_LONGEST: Final = 4
"""Times as long as wide; on longer strips, too, boxes are infinite: beside them the photo goes on, black."""

_NMS_IOU: Final = 0.3
_MAX_CANDIDATES: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class UprightFace:
    """YuNet's output for a face in image pixels; both float32."""

    xywh: Float32Array
    landmarks: Float32Array  # [5, 2]: eyes, nose, corners of the mouth
    confidence: float


class YuNet:
    """YuNet on OpenCV, for upright faces. For one thread."""

    def __init__(self, weights: bytes | None = None) -> None:
        """`weights`: those of `read_yunet_weights`, the default. Raises `BadModel`."""
        file = np.frombuffer(read_yunet_weights() if weights is None else weights, np.uint8)
        no_config = np.empty(0, np.uint8)
        self._network = cv2.FaceDetectorYN.create(
            "onnx", file, no_config, (320, 320), MIN_CONFIDENCE, _NMS_IOU, _MAX_CANDIDATES
        )

    def find(self, image: RgbImage) -> list[UprightFace]:
        """The faces of `image` (RGB uint8), in YuNet's order."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))  # it was trained on BGR
        finite = [] if rows is None else rows[np.isfinite(rows).all(axis=1)].astype(np.float32)
        return [UprightFace(row[:4], row[4:14].reshape(5, 2), float(row[14])) for row in finite]


class YuNetDetector:
    """Finds faces in documents rotated by any multiple of 90 degrees. Safe to share between threads.

    Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023.
    """

    identity: ModelIdentity = YUNET

    def __init__(self) -> None:
        """Raises `BadModel` if the weights are missing or modified."""
        weights = read_yunet_weights()
        self._networks = PerThread(lambda: YuNet(weights))

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        for long_side_px in LONG_SIDES_PX:
            detection = self._detect_at(image, long_side_px)
            if detection or max(image.shape[:2]) <= long_side_px:
                return detection
        return None

    def _detect_at(self, image: RgbImage, long_side_px: int) -> Detection | None:
        height, width = image.shape[:2]
        scale = min(1.0, long_side_px / max(height, width))
        small_wh = (round(width * scale), round(height * scale))
        if min(small_wh) < _MIN_SIDE_PX:
            return None
        small = cv2.resize(image, small_wh, interpolation=cv2.INTER_AREA) if scale < 1 else image
        searched = np.ascontiguousarray(small, dtype=np.uint8)
        padded = _padded(searched)
        padded_wh = (round(padded.shape[1] / scale), round(padded.shape[0] / scale))
        whole_wh = (width, height) if padded is searched else padded_wh
        faces = {
            rotation: _inside(self._upright_faces(padded, rotation, whole_wh), (width, height))
            for rotation in ROTATIONS
        }
        return choose(faces, (width, height))

    def _upright_faces(self, image: RgbImage, rotation: Rotation, photo_wh: tuple[int, int]) -> list[Face]:
        """The faces that are upright after rotating `image` by `rotation`, in pixels of the whole, unrotated photo."""
        faces = self._networks.get().find(turn(image, rotation))
        return [_in_photo(face, rotation, photo_wh, image.shape[1]) for face in faces]


def _padded(image: RgbImage) -> RgbImage:
    height, width = image.shape[:2]
    right, below = max(0, height // _LONGEST - width), max(0, width // _LONGEST - height)
    if not right and not below:
        return image
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT).astype(np.uint8, copy=False)


def _inside(faces: list[Face], photo_wh: tuple[int, int]) -> list[Face]:
    clipped = [Face(face.box.clipped(photo_wh), face.confidence) for face in faces]
    return [face for face in clipped if face.box.area]


def _in_photo(face: UprightFace, rotation: Rotation, photo_wh: tuple[int, int], searched_width: int) -> Face:
    """A face of the rotated, downscaled image in photo pixels."""
    width, height = photo_wh
    scale = width / searched_width
    turned_wh = (width, height) if rotation in (0, 180) else (height, width)
    box = Box.from_xywh(*(float(value) * scale for value in face.xywh))
    return Face(box.turned(inverse(rotation), turned_wh).clipped(photo_wh), face.confidence)
