"""EXIF orientation, applied to a small image or a box, never to a whole photo."""

from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from
from typing import Final

import cv2
import numpy as np
from PIL.ExifTags import Base

from img_super.domain import Box, RgbImage, Rotation
from img_super.turn import inverse, turn


@dataclass(frozen=True, slots=True)
class Orientation:
    """Turns stored pixels into displayed ones: first mirrored left to right, then rotated clockwise."""

    mirrored: bool
    rotation: Rotation

    def display(self, stored: RgbImage) -> RgbImage:
        """Stored pixels as displayed; the same array if there is nothing to do."""
        mirrored = cv2.flip(stored, 1).astype(np.uint8, copy=False) if self.mirrored else stored
        return turn(mirrored, self.rotation)

    def displayed_wh(self, stored_wh: tuple[int, int]) -> tuple[int, int]:
        """Width and height as displayed."""
        return stored_wh if self.rotation in (0, 180) else (stored_wh[1], stored_wh[0])

    def displayed_box(self, stored: Box, stored_wh: tuple[int, int]) -> Box:
        """A box of stored pixels in the displayed photo; it may extend beyond both."""
        width, _ = stored_wh
        mirrored = Box(width - stored.x_max, stored.y_min, width - stored.x_min, stored.y_max)
        return (mirrored if self.mirrored else stored).turned(self.rotation, stored_wh)

    def stored_box(self, box: Box, stored_wh: tuple[int, int]) -> Box:
        """A box of the displayed photo in stored pixels."""
        turned = box.turned(inverse(self.rotation), self.displayed_wh(stored_wh))
        if not self.mirrored:
            return turned
        return Box(stored_wh[0] - turned.x_max, turned.y_min, stored_wh[0] - turned.x_min, turned.y_max)


AS_STORED: Final = Orientation(mirrored=False, rotation=0)

_SHORT: Final = 3

_BY_TAG: Final[dict[int, Orientation]] = {
    2: Orientation(mirrored=True, rotation=0),
    3: Orientation(mirrored=False, rotation=180),
    4: Orientation(mirrored=True, rotation=180),
    5: Orientation(mirrored=True, rotation=270),
    6: Orientation(mirrored=False, rotation=90),
    7: Orientation(mirrored=True, rotation=90),
    8: Orientation(mirrored=False, rotation=270),
}


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, from EXIF data (a TIFF header and directory); 1 if missing or invalid.

    Pillow's reader also accepts XMP, which browsers ignore, and a million fractions in its place.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (at,) = unpack_from(f"{order}I", exif, 4)
        (entries,) = unpack_from(f"{order}H", exif, at)
        for number in range(entries):
            tag, kind, count, value = unpack_from(f"{order}HHIH", exif, at + 2 + 12 * number)
            if tag == Base.Orientation:
                return value if (kind, count) == (_SHORT, 1) and value in _BY_TAG else 1
    except struct_error:
        pass
    return 1


def orientation_of(number: int) -> Orientation:
    """The meaning of an EXIF orientation."""
    return _BY_TAG.get(number, AS_STORED)
