"""YuNet on a small upright part of a photo: says precisely where the face is that another network saw there.

The validation network was trained on crops around YuNet's boxes, so that every detector must answer with such a box.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from img_super.detector.heads import FloatBox
from img_super.detector.letterbox import shrunk
from img_super.detector.weights import read_yunet_weights
from img_super.detector.yunet import CONFIDENCE_COLUMN, create_network
from img_super.domain import Box, Face, RgbImage, Rotation
from img_super.per_thread import PerThread
from img_super.turn import inverse, turn

SIDE_PX: Final = 160
"""Side of the square that is searched: faces are about 64 pixels wide there, as where training found them."""

_FACE_SIZES: Final = 2.5
"""How much of the photo the square shows, in face sizes."""

_MIN_IOU: Final = 0.35


class UprightFinder:
    """Finds the face again. Safe to share between threads."""

    def __init__(self) -> None:
        """Raises `BadModel` when the weights are missing or are not the known ones."""
        weights = np.frombuffer(read_yunet_weights(), dtype=np.uint8)
        self._networks = PerThread(lambda: _of_fixed_size(weights))

    def find(self, image: RgbImage, about: FloatBox, rotation: Rotation) -> Face | None:
        """The face that overlaps most with `about` (pixels of `image`) once turned by `rotation`; None without one."""
        part = part_around(about, (image.shape[1], image.shape[0]))
        if not part.area:
            return None
        scale = min(1.0, SIDE_PX / max(part.width, part.height))
        wh = max(1, round(part.width * scale)), max(1, round(part.height * scale))
        whole = image[part.y_min : part.y_max, part.x_min : part.x_max]
        turned = turn(shrunk(whole, wh) if scale < 1 else whole, rotation)
        square = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
        square[: turned.shape[0], : turned.shape[1]] = turned[:, :, ::-1]  # YuNet was trained on BGR
        _, rows = self._networks.get().detect(square)
        scales = part.width / wh[0], part.height / wh[1]
        faces = [_face(row, rotation, part, scales) for row in ([] if rows is None else rows)]
        expected = Box.from_xywh(about.x - about.width / 2, about.y - about.height / 2, about.width, about.height)
        best = max(faces, key=lambda face: face.box.iou(expected), default=None)
        if best is None or best.box.iou(expected) < _MIN_IOU:
            return None
        return Face(best.box.clipped((image.shape[1], image.shape[0])), best.confidence)


def part_around(about: FloatBox, image_wh: tuple[int, int]) -> Box:
    """The square around a face that is searched, as far as it lies in the image; its sides can be halved once."""
    side = _FACE_SIZES * float(np.sqrt(about.width * about.height))
    part = Box.from_xywh(about.x - side / 2, about.y - side / 2, side, side).clipped(image_wh)
    return Box(part.x_min, part.y_min, part.x_min + part.width // 2 * 2, part.y_min + part.height // 2 * 2)


def _face(
    row: np.ndarray[tuple[int], np.dtype[np.float32]], rotation: Rotation, part: Box, scales: tuple[float, float]
) -> Face:
    """One row of YuNet as a face of the photo; `scales` are pixels of the photo for one of the unturned part."""
    turned_scales = scales if rotation in (0, 180) else scales[::-1]
    turned_wh = (part.width, part.height) if rotation in (0, 180) else (part.height, part.width)
    x, y, width, height = (float(value) * turned_scales[number % 2] for number, value in enumerate(row[:4]))
    box = Box.from_xywh(x, y, width, height).turned(inverse(rotation), turned_wh)
    moved = Box(box.x_min + part.x_min, box.y_min + part.y_min, box.x_max + part.x_min, box.y_max + part.y_min)
    return Face(moved, float(row[CONFIDENCE_COLUMN]))


def _of_fixed_size(weights: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> cv2.FaceDetectorYN:
    network = create_network(weights)
    network.setInputSize((SIDE_PX, SIDE_PX))
    return network
