"""Photos of genuine documents, untouched and with forgeries by code that training does not use."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.detector.yunet import YuNet, YuNetDetector
from img_super.domain import Box, RgbImage
from img_super.lab.dataset.forgeries.forge import CONTROLS, SPECIES, forge, left_genuine
from img_super.lab.dataset.forgeries.landmarked_face import LandmarkedFace
from img_super.lab.dataset.jpeg import saved
from img_super.lab.dataset.pictures import read_rgb
from img_super.lab.dataset.splits import held_out
from img_super.pipeline.crop import crop_portrait, resize_to_input
from img_super.turn import turn

CAREFUL: Final = tuple(species for species in SPECIES if species.endswith("_careful"))
EXCHANGED: Final = "exchanged_"
"""Before the species whose donor is another document's portrait."""
_MOST_REAL_PEOPLE: Final = 40

_AROUND: Final = 2.2
"""How much around the face is kept, in face sizes; the crop needs 1.2."""

_LAST_SCALES: Final = (0.6, 1.0)
_KERNELS: Final = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True, slots=True)
class GenuinePhoto:
    """A photo to forge on; its number and the seed determine how."""

    number: int
    path: Path
    document: str


@dataclass(frozen=True, slots=True)
class ForgedCrop:
    """A photo's crop, genuine (`species` empty) or forged; `donor` names a CC0 portrait."""

    crop: RgbImage
    species: str
    document: str
    donor: str = ""


def forged_crops(
    photos: Iterable[GenuinePhoto], portraits: Path, side_px: int, scales: Sequence[float], seed: int
) -> Iterator[ForgedCrop]:
    """Every photo under each control and with each species laid over it; all are downscaled and saved again.

    With several documents, portraits are also exchanged between them: real people, printed and photographed like the
    host. Photos whose portrait is not found are skipped.

    Args:
        portraits: CC0 portraits; donors are those held out of training.
        side_px: side of the crops.
        scales: a photo is reduced by one of them first.
    """
    detector, landmarks = YuNetDetector(), Landmarks()
    donors = [
        (f"cc0/{path.parent.name}/{path.stem}", person)
        for path in sorted(portraits.glob("*/*.jpg"))
        if held_out(path) and (person := landmarks.person(path))
    ]
    photos = list(photos)
    real_people = _first_of_each_document(photos, detector, landmarks)
    for photo in photos:
        rng = np.random.default_rng([seed, photo.number])
        portrait = _upright_portrait(read_rgb(photo.path), detector, float(rng.choice(scales)))
        host = None if portrait is None else landmarks.nearest_person(*portrait)
        if portrait is None or host is None:
            continue
        region, face = portrait
        captured = partial(_captured, rng, face=face, side_px=side_px, document=photo.document)
        for control in CONTROLS:
            yield captured(left_genuine(rng, control, region, face), species="")
        for species in SPECIES:
            name, donor = donors[int(rng.integers(len(donors)))]
            yield replace(captured(forge(rng, species, region, host, donor), species=species), donor=name)
        other_people = [person for document, person in real_people.items() if document != photo.document]
        for species in CAREFUL if other_people else ():
            forged = forge(rng, species, region, host, other_people[int(rng.integers(len(other_people)))])
            yield captured(forged, species=f"{EXCHANGED}{species.removesuffix('_careful')}")


def _first_of_each_document(
    photos: Iterable[GenuinePhoto], detector: YuNetDetector, landmarks: "Landmarks"
) -> dict[str, LandmarkedFace]:
    people: dict[str, LandmarkedFace] = {}
    for photo in photos:
        if photo.document in people or len(people) == _MOST_REAL_PEOPLE:
            continue
        around = _upright_portrait(read_rgb(photo.path), detector, 1.0)
        person = None if around is None else landmarks.nearest_person(*around)
        if person is not None:
            people[photo.document] = person
    return people


def _captured(
    rng: np.random.Generator, photo: RgbImage, face: Box, side_px: int, species: str, document: str
) -> ForgedCrop:
    """The crop of a photo that is downscaled by some kernel and saved, as clients do."""
    scale = float(rng.uniform(*_LAST_SCALES))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=int(rng.choice(_KERNELS)))
    small = saved(np.ascontiguousarray(small, np.uint8), int(rng.integers(70, 96)))
    x_min, y_min, x_max, y_max = (round(value * scale) for value in (face.x_min, face.y_min, face.x_max, face.y_max))
    crop = crop_portrait(small, Box(x_min, y_min, x_max, y_max), 0)
    return ForgedCrop(resize_to_input(crop, side_px), species, document)


def _upright_portrait(image: RgbImage, detector: YuNetDetector, scale: float) -> tuple[RgbImage, Box] | None:
    """The upright surroundings of the portrait and the face in them."""
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    detection = detector.detect(image)
    if detection is None:
        return None
    image_wh = (image.shape[1], image.shape[0])
    upright, face = turn(image, detection.rotation), detection.portrait.box.turned(detection.rotation, image_wh)
    reach = round(_AROUND * max(face.width, face.height))
    around = Box(face.x_min - reach, face.y_min - reach, face.x_max + reach, face.y_max + reach)
    part = around.clipped((upright.shape[1], upright.shape[0]))
    region = np.ascontiguousarray(upright[part.y_min : part.y_max, part.x_min : part.x_max])
    x, y = part.x_min, part.y_min
    return region, Box(face.x_min - x, face.y_min - y, face.x_max - x, face.y_max - y)


class Landmarks:
    """YuNet's five landmarks, which the service's detector does not report."""

    def __init__(self) -> None:
        self._yunet = YuNet()

    def person(self, path: Path) -> LandmarkedFace | None:
        image = read_rgb(path)
        return self.nearest_person(image, Box(0, 0, image.shape[1], image.shape[0]))

    def nearest_person(self, image: RgbImage, face: Box) -> LandmarkedFace | None:
        """The person whose face is nearest to the centre of `face`."""
        scale = min(1.0, 640 / max(image.shape[:2]))
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        faces, middle = self._yunet.find(np.asarray(small, np.uint8)), scale * np.array(face.centre_xy)
        if not faces:
            return None
        nearest = min(
            faces, key=lambda candidate: float(np.hypot(*(candidate.xywh[:2] + candidate.xywh[2:] / 2 - middle)))
        )
        x, y, width, height = (nearest.xywh / scale).tolist()
        return LandmarkedFace(image, nearest.landmarks / scale, (x, y, width, height))
