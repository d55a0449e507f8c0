"""Photos as given in Python (bytes, path or array; always bytes over HTTP), and opened photos."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np

from img_super.domain import Box, Detection, DocumentPlace, Face, RgbImage, Rotation
from img_super.errors import TooManyPixels
from img_super.pipeline.crop import cut_out
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder import decode_apart
from img_super.pipeline.formats import require_type
from img_super.pipeline.reduced_jpeg import reduced_jpeg
from img_super.turn import turn

Photo: TypeAlias = bytes | PathLike[str] | RgbImage
"""The bytes of an image file, its path (a `pathlib.Path`), or its pixels: RGB uint8, height x width x 3."""


class OpenPhoto(Protocol):
    """A photo, decoded as far as needed to find the portrait.

    Attributes:
        size_wh: of the photo as displayed.
        overview: the displayed photo, possibly reduced.
        scale: photo pixels per pixel of the overview, in a row.
        origin_xy: the overview's origin in the photo; negative if its first pixels are partial.
    """

    @property
    def size_wh(self) -> tuple[int, int]: ...

    @property
    def overview(self) -> RgbImage: ...

    @property
    def scale(self) -> int: ...

    @property
    def origin_xy(self) -> tuple[int, int]: ...

    def crop(self, square: Box, rotation: Rotation, side_px: int) -> RgbImage:
        """`square`, upright, at least `side_px` wide if the photo allows."""


class WholePhoto:
    """A fully decoded photo."""

    scale = 1
    origin_xy = (0, 0)

    def __init__(self, image: RgbImage) -> None:
        self.overview = image
        self.size_wh = (image.shape[1], image.shape[0])

    def crop(self, square: Box, rotation: Rotation, side_px: int) -> RgbImage:
        """At the photo's resolution, whatever `side_px` is."""
        return turn(cut_out(self.overview, square), rotation)


def open_photo(photo: Photo, limits: DecodeLimits) -> OpenPhoto:
    """Decode a photo as far as needed; an array of RGB uint8 (height x width x 3) is used unchanged.

    Raises `InputError`: the bytes are not a readable image, or it exceeds `limits`; `OSError`: the file is missing or
    unreadable; `TypeError`: it is none of the three forms, or an array of another shape or type.
    """
    match photo:
        case bytes():
            return _open_bytes(photo, limits)
        case PathLike():
            return _open_bytes(Path(photo).read_bytes(), limits)
        case np.ndarray():
            return WholePhoto(_checked(photo, limits))
    raise TypeError("A photo is the bytes of an image file, a pathlib.Path, or an RGB array of uint8.")


def in_whole_photo(detection: Detection, photo: OpenPhoto) -> Detection:
    """Convert a detection in the overview to pixels of the whole photo.

    A detector rounds its boxes outwards, by half an overview pixel per side on average; without undoing that, a face
    would grow with the reduction of the photo.
    """
    scale, rounded = photo.scale, (photo.scale - 1) // 2
    left, top = photo.origin_xy

    def grown(box: Box) -> Box:
        x_min, y_min = left + box.x_min * scale + rounded, top + box.y_min * scale + rounded
        x_max, y_max = left + box.x_max * scale - rounded, top + box.y_max * scale - rounded
        return Box(x_min, y_min, x_max, y_max).clipped(photo.size_wh)

    def enlarged(face: Face) -> Face:
        return Face(grown(face.box), face.confidence)

    place = detection.document
    quad = () if place is None else tuple((left + x * scale, top + y * scale) for x, y in place.quad)
    document = None if place is None else DocumentPlace(grown(place.frame), quad)
    elsewhere = tuple(in_whole_photo(document_detection, photo) for document_detection in detection.elsewhere)
    portrait, others = enlarged(detection.portrait), tuple(map(enlarged, detection.others))
    return replace(detection, portrait=portrait, others=others, document=document, elsewhere=elsewhere)


def _open_bytes(data: bytes, limits: DecodeLimits) -> OpenPhoto:
    reduced = reduced_jpeg(data, limits) if require_type(data, limits.pdf) == "JPEG" else None
    return reduced or WholePhoto(decode_apart(data, limits))


def _checked(image: RgbImage, limits: DecodeLimits) -> RgbImage:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise TypeError(f"An array must be RGB uint8, height x width x 3; this is {image.dtype} {image.shape}.")
    height, width = image.shape[:2]
    if width * height > limits.max_pixels:
        raise TooManyPixels.over(limits.max_pixels, width, height)
    return image
