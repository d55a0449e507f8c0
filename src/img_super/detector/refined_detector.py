"""Any detector, with the box of the portrait that `face_refiner` finds: the same, whoever found the face."""

from dataclasses import replace

from img_super.detector.face_refiner import FaceRefiner
from img_super.detector.outputs import FloatBox
from img_super.detector.pyramid import Pyramid
from img_super.domain import Detection, Detector, ModelIdentity, RgbImage


class RefinedDetector:
    """Where YuNet sees no face in the small upright part, the box stays as it was. Safe to share between threads."""

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
