"""Portraits of people who do not exist: the picture, the cut-out of head and shoulders, the face's landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.detector.weights import read_yunet_weights
from img_super.domain import RgbImage

FloatArray = npt.NDArray[np.float32]

_LONGEST_SIDE_PX: Final = 448
_MATTE_SIDE_PX: Final = 176
_LANDMARK_COLUMNS: Final = slice(4, 14)
_MIN_CONFIDENCE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person who does not exist.

    Attributes:
        identity: unique; splits are made by it.
        source: which set it comes from (`cc0`, `gan`); splits are made by it, too.
        image: RGB uint8, height x width x 3.
        matte: uint8 height x width, 255 where head and shoulders are.
        landmarks: float32 [5, 2], x and y in pixels: right eye, left eye, nose, mouth's corners.
        face_xywh: the face in pixels.
    """

    identity: str
    source: str
    image: RgbImage
    matte: npt.NDArray[np.uint8]
    landmarks: FloatArray
    face_xywh: tuple[float, float, float, float]


class FaceFinder:
    """YuNet on an upright image: faces with their landmarks, which the service's detector does not report."""

    def __init__(self) -> None:
        weights = np.frombuffer(read_yunet_weights(), dtype=np.uint8)
        empty = np.empty(0, dtype=np.uint8)
        self._network = cv2.FaceDetectorYN.create("onnx", weights, empty, (320, 320), _MIN_CONFIDENCE, 0.3, 50)

    def find(self, image: RgbImage) -> FloatArray:
        """Rows of YuNet (x, y, width, height, five landmarks, confidence), float32 [n, 15], pixels of `image`."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(np.ascontiguousarray(image[:, :, ::-1]))
        return np.empty((0, 15), np.float32) if rows is None else rows.astype(np.float32)


def prepare_portrait(path: Path, source: str, cache: Path, finder: FaceFinder) -> Portrait | None:
    """Read a portrait and its cached cut-out; None when YuNet finds no face. The cache is filled on the way."""
    image = _at_most(read_rgb(path), _LONGEST_SIDE_PX)
    cached = cache / f"{source}-{path.parent.name}-{path.stem}.npz"
    if not cached.exists():
        rows = finder.find(image)
        if not len(rows):
            return None
        row = max(rows, key=lambda candidate: float(candidate[2] * candidate[3]))
        cache.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(cached, matte=cut_out(image, row[:4]), row=row)
    with np.load(cached) as stored:
        row, matte = stored["row"], stored["matte"]
    x, y, width, height = (float(value) for value in row[:4])
    return Portrait(cached.stem, source, image, matte, row[_LANDMARK_COLUMNS].reshape(5, 2), (x, y, width, height))


def cut_out(image: RgbImage, face_xywh: FloatArray) -> npt.NDArray[np.uint8]:
    """Head and shoulders by GrabCut, started from where a head and shoulders are with this face; uint8, 0 or 255.

    Source: C. Rother, V. Kolmogorov, A. Blake, "GrabCut", 2004.
    """
    scale = _MATTE_SIDE_PX / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    marks = _first_guess(small.shape[:2], face_xywh * scale)
    cv2.setRNGSeed(1)
    cv2.grabCut(small, marks, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    matte = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    matte = cv2.medianBlur(_largest_part(matte), 5).astype(np.uint8, copy=False)
    smooth = cv2.resize(matte, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(cv2.GaussianBlur(smooth, (0, 0), 0.7 / scale) > 127, 255, 0).astype(np.uint8)


def _first_guess(hw: tuple[int, int], face_xywh: FloatArray) -> npt.NDArray[np.uint8]:
    marks = np.full(hw, cv2.GC_BGD, np.uint8)
    x, y, width, height = (float(value) for value in face_xywh)
    centre = (round(x + width / 2), round(y + height / 2))
    below = (centre[0], round(y + 2.1 * height))
    probable, sure = int(cv2.GC_PR_FGD), int(cv2.GC_FGD)
    cv2.ellipse(marks, centre, (round(width * 1.15), round(height * 1.1)), 0, 0, 360, int(cv2.GC_PR_BGD), -1)
    cv2.ellipse(marks, below, (round(width * 1.9), round(height * 1.0)), 0, 0, 360, int(cv2.GC_PR_BGD), -1)
    cv2.ellipse(marks, centre, (round(width * 0.75), round(height * 0.78)), 0, 0, 360, probable, -1)
    cv2.ellipse(marks, below, (round(width * 1.3), round(height * 0.85)), 0, 0, 360, probable, -1)
    cv2.ellipse(marks, centre, (round(width * 0.45), round(height * 0.5)), 0, 0, 360, sure, -1)
    neck = (centre[0], round(y + 1.6 * height))
    cv2.ellipse(marks, neck, (round(width * 0.3), round(height * 0.55)), 0, 0, 360, sure, -1)
    return marks


def _largest_part(matte: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(matte)
    if count <= 1:
        return matte
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.where(labels == largest, 255, 0).astype(np.uint8)


def _at_most(image: RgbImage, side_px: int) -> RgbImage:
    scale = side_px / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def read_rgb(path: Path) -> RgbImage:
    """Read an image file as RGB uint8. Raises `FileNotFoundError` when it is missing or no image."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise FileNotFoundError(path)
    return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)
