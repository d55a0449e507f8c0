"""The covered portrait, in card pixels."""

from dataclasses import dataclass

import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis.geometry import Box4, corners_of


@dataclass(frozen=True, slots=True)
class Target:
    """What the forger sees of the card: frame, landmarks [5, 2], outline [36, 2], face width, greyness."""

    frame: Box4
    landmarks: Float32Array
    outline: Float32Array
    face_width_px: float
    grey: bool

    @property
    def frame_wh(self) -> tuple[int, int]:
        return self.frame[2] - self.frame[0], self.frame[3] - self.frame[1]

    def corners(self) -> Float32Array:
        """The frame's corners, from the upper left clockwise, [4, 2]."""
        return corners_of(self.frame)

    def clip(self, kind: str) -> Float32Array:
        """Clipping of heads: `none`, `sides` (hair may extend above the frame), `frame`."""
        if kind == "none":
            return np.empty((0, 2), np.float32)
        corners = self.corners()
        if kind == "sides":
            corners[:2, 1] -= self.frame_wh[1]
        return corners
