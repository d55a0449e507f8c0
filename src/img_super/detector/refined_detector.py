"""Wraps any detector so that the portrait's box comes from `face_refiner`, whichever detector found it."""

from dataclasses import replace

from img_super.detector.face_refiner import FaceRefiner
from img_super.detector.outputs import FloatBox
from img_super.detector.pyramid import Pyramid
from img_super.domain import Detection, Detector, ModelIdentity, RgbImage


class RefinedDetector:
    """If YuNet sees no face in the upright part, the box is unchanged. Safe to share between threads."""

    def __init__(self, detector: Detector, finder: FaceRefiner) -> None:
        self.identity: ModelIdentity = detector.identity
        self._detector, self._finder = detector, finder

    def detect(self, image: RgbImage) -> Detection | None:
        """Find the portrait and the other faces of `image` (RGB uint8); None when there is no face."""
        detection = self._detector.detect(image)
        if detection is None:
            return None
        photo = Pyramid(image)
        look = self._finder.find(photo, FloatBox.of(detection.portrait.box), detection.rotation)
        if look is None:
            return detection
        face = self._finder.refined_face(photo, look, detection.rotation)
        return replace(detection, portrait=face) if face.box.area else detection
