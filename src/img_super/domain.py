"""The words of img_super as frozen values.

Every other module uses these; this one imports nothing of the package, so read it first.
Pixels are counted from the top left corner of the image as it is displayed (EXIF orientation applied).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from math import ceil, floor
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

UInt8Array: TypeAlias = npt.NDArray[np.uint8]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Int16Array: TypeAlias = npt.NDArray[np.int16]
Int64Array: TypeAlias = npt.NDArray[np.int64]
Float32Array: TypeAlias = npt.NDArray[np.float32]
Float64Array: TypeAlias = npt.NDArray[np.float64]
StrArray: TypeAlias = npt.NDArray[np.str_]
AnyArray: TypeAlias = npt.NDArray[np.generic]

RgbImage: TypeAlias = npt.NDArray[np.uint8]
"""An RGB image: uint8, height x width x 3."""

FloatMap: TypeAlias = npt.NDArray[np.float32]
"""A map of probabilities: float32, height x width, each in [0, 1]."""

Rotation: TypeAlias = Literal[0, 90, 180, 270]
"""Degrees by which the displayed image must be turned clockwise until the portrait stands upright."""

ROTATIONS: Final[tuple[Rotation, ...]] = (0, 90, 180, 270)

_SAME_FACE_IOU: Final = 0.3


class Label(IntEnum):
    """A document's true class, in the terms of ISO/IEC 30107-3."""

    BONA_FIDE = 0
    ATTACK = 1


class Verdict(StrEnum):
    """The service's opinion of a portrait; `undetermined`: a person should look."""

    BONA_FIDE = "bona_fide"
    ATTACK = "attack"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in absolute pixels, half-open: `x_max` and `y_max` are the first pixels outside."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int

    @classmethod
    def from_xywh(cls, x: float, y: float, width: float, height: float) -> Box:
        """The smallest pixel rectangle that covers the given one."""
        return cls(floor(x), floor(y), ceil(x + width), ceil(y + height))

    @property
    def width(self) -> int:
        return max(0, self.x_max - self.x_min)

    @property
    def height(self) -> int:
        return max(0, self.y_max - self.y_min)

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def centre_xy(self) -> tuple[float, float]:
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    def clipped(self, image_wh: tuple[int, int]) -> Box:
        """The part inside the image; each corner is clipped separately, so the far side never moves."""
        width, height = image_wh
        x_min, x_max = (min(max(x, 0), width) for x in (self.x_min, self.x_max))
        y_min, y_max = (min(max(y, 0), height) for y in (self.y_min, self.y_max))
        return Box(x_min, y_min, x_max, y_max)

    def grown(self, x_px: int, y_px: int) -> Box:
        """Grown by this many pixels on the left and right, and above and below."""
        return Box(self.x_min - x_px, self.y_min - y_px, self.x_max + x_px, self.y_max + y_px)

    def contains(self, x: float, y: float) -> bool:
        return self.x_min <= x < self.x_max and self.y_min <= y < self.y_max

    def iou(self, other: Box) -> float:
        """Intersection over union, in [0, 1]; 0 if both boxes are empty."""
        shared = Box(
            max(self.x_min, other.x_min),
            max(self.y_min, other.y_min),
            min(self.x_max, other.x_max),
            min(self.y_max, other.y_max),
        ).area
        union = self.area + other.area - shared
        return shared / union if union else 0.0

    def is_same_face(self, other: Box) -> bool:
        """Whether two detections are of the same face."""
        return self.iou(other) >= _SAME_FACE_IOU

    def turned(self, rotation: Rotation, image_wh: tuple[int, int]) -> Box:
        """The box after rotating the image of size `image_wh` clockwise by `rotation`."""
        width, height = image_wh
        match rotation:
            case 0:
                return self
            case 90:
                return Box(height - self.y_max, self.x_min, height - self.y_min, self.x_max)
            case 180:
                return Box(width - self.x_max, height - self.y_max, width - self.x_min, height - self.y_min)
            case 270:
                return Box(self.y_min, width - self.x_max, self.y_max, width - self.x_min)


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face, with the detector's confidence in [0, 1]. Never a score."""

    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """A document's place in a photo, as far as the detector can tell.

    Attributes:
        frame: the portrait photo's box.
        quad: the document's corners as x, y, clockwise from the displayed upper left; they may be outside.
    """

    frame: Box
    quad: tuple[tuple[float, float], ...]

    @property
    def box(self) -> Box:
        """The upright box around the corners."""
        xs, ys = zip(*self.quad, strict=True)
        return Box(floor(min(xs)), floor(min(ys)), ceil(max(xs)), ceil(max(ys)))


@dataclass(frozen=True, slots=True)
class Detection:
    """Every face of one photo. The portrait comes first, then the others (ghost images), largest first.

    Attributes:
        document: the portrait's; None if only a face was found.
        elsewhere: the portraits of other documents in the photo, each as a detection of its own.
        no_document: a document around the portrait was looked for and not found.
        has_more: the photo has further documents or faces, which were not examined.
    """

    portrait: Face
    others: tuple[Face, ...]
    rotation: Rotation
    document: DocumentPlace | None = None
    elsewhere: tuple[Detection, ...] = ()
    no_document: bool = False
    has_more: bool = False

    @property
    def faces(self) -> tuple[Face, ...]:
        return (self.portrait, *self.others)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The validation network's answer for one crop.

    Attributes:
        score: calibrated probability in [0, 1] that the portrait is superimposed.
        heat_map: the superimposition in the upright crop, at the network's map size.
    """

    score: float
    heat_map: FloatMap


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict from a score. `superimposed` is true exactly when `score >= threshold`."""

    score: float
    threshold: float
    verdict: Verdict

    @property
    def superimposed(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """A property of the photo that makes the answer less certain: a stable code and advice.

    `hides`: the photo cannot show a superimposition, so there is no verdict.
    """

    code: str
    detail: str
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason for a verdict: a stable code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The weights that gave an answer."""

    name: str
    version: str
    sha256: str


CardT_co = TypeVar("CardT_co", covariant=True)


class Detector(Protocol):
    """Finds faces in an RGB uint8 image; None if there is none. Safe to call from several threads."""

    @property
    def identity(self) -> ModelIdentity: ...

    def detect(self, image: RgbImage) -> Detection | None: ...


class Validator(Protocol[CardT_co]):
    """Scores an RGB uint8 crop of the card's size. Safe to call from several threads.

    The card's type belongs to higher packages, which alone read it.
    """

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def card(self) -> CardT_co: ...

    def validate(self, crop: RgbImage) -> Evidence: ...
