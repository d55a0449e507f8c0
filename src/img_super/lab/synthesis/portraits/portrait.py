"""The portrait: the picture of a person who does not exist, the matte, the landmarks and the face's outline."""

from dataclasses import dataclass
from typing import Final

from img_super.domain import Float32Array, RgbImage, UInt8Array

Matte = UInt8Array

LONGEST_SIDE_PX: Final = 448


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person who does not exist."""

    identity: str  # unique; determines the split
    source: str  # the set that it comes from (`cc0`, `gan`, `drawn`); also determines the split
    image: RgbImage  # RGB uint8, height x width x 3, longest side at most 448 px
    matte: Matte  # uint8 height x width, soft: 255 where head (hair included) and shoulders are
    landmarks: Float32Array  # float32 [5, 2], x and y in pixels: right eye, left eye, nose, mouth's corners
    # Float32 [36, 2], pixels: the oval of the face from the forehead's middle, down the picture's right side to the
    # chin (row 18) and up its left side.
    outline: Float32Array
    face_xywh: tuple[float, float, float, float]  # the face's box in pixels

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height of the picture in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def turn(self) -> float:
        """The face's turn: 0 frontal, beyond -0.5 or 0.5 half profile (to the picture's left or right)."""
        left, right = float(self.outline[:, 0].min()), float(self.outline[:, 0].max())
        return 2 * (float(self.landmarks[2, 0]) - left) / max(right - left, 1.0) - 1
