"""The precise detector: YuNet in four rotations, through OpenCV."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.detector.choice import choose
from img_super.detector.weights import YUNET, read_yunet_weights
from img_super.domain import ROTATIONS, Box, Detection, Face, ModelIdentity, RgbImage, Rotation
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
CONFIDENCE_COLUMN: Final = 14


class YuNetDetector:
    """Finds faces, whichever multiple of 90 degrees the document is turned by. Safe to share between threads.

    Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023.
    """

    identity: ModelIdentity = YUNET

    def __init__(self) -> None:
        """Raises `BadModel` when the weights are missing or are not the known ones."""
        weights = read_yunet_weights()
        self._networks = PerThread(lambda: create_network(weights))

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
        bgr = np.ascontiguousarray(small[:, :, ::-1], dtype=np.uint8)  # YuNet was trained on BGR
        padded = _padded(bgr)
        padded_wh = (round(padded.shape[1] / scale), round(padded.shape[0] / scale))
        whole_wh = (width, height) if padded is bgr else padded_wh
        faces = {
            rotation: _inside(self._upright_faces(padded, rotation, whole_wh), (width, height))
            for rotation in ROTATIONS
        }
        return choose(faces, (width, height))

    def _upright_faces(self, bgr: RgbImage, rotation: Rotation, photo_wh: tuple[int, int]) -> list[Face]:
        """The faces that stand upright once `bgr` is turned by `rotation`, in pixels of the whole, unturned photo."""
        turned = turn(bgr, rotation)
        network = self._networks.get()
        network.setInputSize((turned.shape[1], turned.shape[0]))
        _, rows = network.detect(turned)
        finite = [] if rows is None else rows[np.isfinite(rows).all(axis=1)]
        return [_face(row, rotation, photo_wh, bgr.shape[1]) for row in finite]


def _padded(bgr: RgbImage) -> RgbImage:
    height, width = bgr.shape[:2]
    right, below = max(0, height // _LONGEST - width), max(0, width // _LONGEST - height)
    if not right and not below:
        return bgr
    return cv2.copyMakeBorder(bgr, 0, below, 0, right, cv2.BORDER_CONSTANT).astype(np.uint8, copy=False)


def _inside(faces: list[Face], photo_wh: tuple[int, int]) -> list[Face]:
    clipped = [Face(face.box.clipped(photo_wh), face.confidence) for face in faces]
    return [face for face in clipped if face.box.area]


def _face(row: npt.NDArray[np.float32], rotation: Rotation, photo_wh: tuple[int, int], searched_width: int) -> Face:
    """One row of YuNet (a box in the turned, scaled down image) as a face of the photo."""
    width, height = photo_wh
    scale = width / searched_width
    turned_wh = (width, height) if rotation in (0, 180) else (height, width)
    box = Box.from_xywh(*(float(value) * scale for value in row[:4]))
    return Face(box.turned(inverse(rotation), turned_wh).clipped(photo_wh), float(row[CONFIDENCE_COLUMN]))


def create_network(weights: bytes) -> cv2.FaceDetectorYN:
    """YuNet from the bytes of its file, as OpenCV runs it; one thread at a time may use it."""
    file, no_config = np.frombuffer(weights, np.uint8), np.empty(0, np.uint8)
    return cv2.FaceDetectorYN.create("onnx", file, no_config, (320, 320), MIN_CONFIDENCE, _NMS_IOU, _MAX_CANDIDATES)
