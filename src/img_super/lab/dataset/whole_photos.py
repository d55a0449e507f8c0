"""Reads labelled whole photos, as made by `img-super synthesize-photos`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np

from img_super.detector.outputs import FloatBox
from img_super.domain import Float32Array, RgbImage, UInt8Array
from img_super.lab.dataset.manifest import BadDataSet, existing, read_manifest
from img_super.lab.dataset.pictures import read_rgb

Corners = tuple[tuple[float, float], ...]

FACES_FILE: Final = "faces.npz"
_VERB: Final = "synthesize-photos"

KEPT_SIDE_PX: Final = 416
"""Longer photos are reduced to this: 0.4 MB each in memory, and the network sees 320 px."""


class PhotoRow(msgspec.Struct, frozen=True):
    """A whole photo's labels in photo pixels; quads run clockwise from the object's own upper left."""

    photo: str  # name of the file
    document: str  # photos with the same value show the same card under the same camera
    label: int
    face_xyxy: tuple[int, int, int, int]  # YuNet's box of the portrait's face
    frame_quad: Corners  # the portrait frame's corners; `card_quad` the card's, which may lie outside of the photo
    card_quad: Corners
    ghost_xyxy: tuple[float, float, float, float] | None = None  # the approximate place of the ghost's face, if any


class WholePhotoRow(PhotoRow, frozen=True, kw_only=True):
    """A whole photo's row; `photo_wh` is its size when upright. For the other fields see `manifest.Row`."""

    design: str
    portrait: str
    donor: str
    species: str
    photo_wh: tuple[int, int]
    seed: int
    generator: str


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """An upright photo of a document with its labels in pixels.

    `frame`, `card`: corners of the portrait photo and of the document, float32 [4, 2], clockwise; `ghost`: the
    approximate place of the ghost's face.
    """

    image: RgbImage
    face: FloatBox
    frame: Float32Array
    card: Float32Array
    ghost: FloatBox | None


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces to place beside the card.

    `pictures`: uint8 [n, side, side, 3]; `boxes`: float32 [n, 4], the face's x, y, width and height relative to
    the side.
    """

    pictures: UInt8Array
    boxes: Float32Array


def read_photos(folder: Path, limit: int | None = None) -> list[LabelledPhoto]:
    """Read a data set into memory; at most `limit` photos.

    Raises `BadDataSet`: no manifest, a damaged row, or a photo that cannot be read.
    """
    return [_read(folder, row) for row in read_rows(folder)[:limit]]


def read_rows(folder: Path) -> list[PhotoRow]:
    """The rows of a data set's manifest. Raises `BadDataSet`."""
    return read_manifest(folder, PhotoRow, _VERB)


def read_faces(folder: Path) -> Faces:
    """Read the faces of a data set. Raises `BadDataSet`."""
    with np.load(existing(folder / FACES_FILE, _VERB)) as arrays:
        return Faces(arrays["faces"], arrays["boxes"])


def _read(folder: Path, row: PhotoRow) -> LabelledPhoto:
    try:
        return reduced(read_rgb(folder / row.photo), row, KEPT_SIDE_PX)
    except FileNotFoundError as error:
        raise BadDataSet(f"The photo {row.photo} in {folder} cannot be read.") from error


def reduced(image: RgbImage, row: PhotoRow, long_side_px: int) -> LabelledPhoto:
    """The photo with its labels, downscaled if its long side is longer."""
    scale = min(1.0, long_side_px / max(image.shape[:2]))
    if scale < 1:
        wh = round(image.shape[1] * scale), round(image.shape[0] * scale)
        image = cv2.resize(image, wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return LabelledPhoto(
        image,
        box_between(row.face_xyxy, scale),
        np.array(row.frame_quad, np.float32) * np.float32(scale),
        np.array(row.card_quad, np.float32) * np.float32(scale),
        None if row.ghost_xyxy is None else box_between(row.ghost_xyxy, scale),
    )


def box_between(xyxy: tuple[float, float, float, float], scale: float = 1.0) -> FloatBox:
    """A box by its corners, scaled, as a box by its middle."""
    x_min, y_min, x_max, y_max = (value * scale for value in xyxy)
    return FloatBox((x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min)
