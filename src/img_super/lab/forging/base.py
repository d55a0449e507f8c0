"""Bases to forge on: windows of genuine photos at native resolution, with the portrait's landmarks and matte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.durable import replace_durably
from img_super.lab.synthesis.portraits.portrait import Portrait

SUFFIX: Final = ".bases"
RENDERED: Final = "rendered"
"""The source of generated bases; others are real captures."""
_QUALITY: Final = 98
"""Of the stored window. Both classes are cut from it, so its slight loss reveals nothing."""


class StoredBase(msgspec.Struct, frozen=True):
    """A base as stored in a shard: images encoded, points in pixels of the window.

    Attributes:
        document: bases with the same value show the same card; splits and shares are made by it.
        source: where it comes from: `rendered` or the name of a set of real captures.
        frame_quad: the portrait photo's corners, from the upper left clockwise; of real captures they are a guess.
    """

    document: str
    source: str
    picture: bytes
    matte: bytes
    face_xywh: tuple[float, float, float, float]
    landmarks: list[tuple[float, float]]
    outline: list[tuple[float, float]]
    frame_quad: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Base:
    """A genuine document's portrait with its surroundings; `person` has image, matte and points in its pixels."""

    document: str
    source: str
    person: Portrait
    frame_quad: Float32Array

    @property
    def image(self) -> RgbImage:
        """The window, RGB uint8."""
        return self.person.image


def write_bases(path: Path, bases: Iterable[Base]) -> None:
    """Write a shard atomically."""
    replace_durably(path, msgspec.msgpack.encode([_stored(base) for base in bases]))


def read_bases(folder: Path) -> list[StoredBase]:
    """Every base of a folder's shards, still encoded (100 kB each). Raises `msgspec.DecodeError`."""
    shards = sorted(folder.glob(f"*{SUFFIX}"))
    return [base for shard in shards for base in msgspec.msgpack.decode(shard.read_bytes(), type=list[StoredBase])]


def opened(stored: StoredBase) -> Base:
    """The base with its images decoded."""
    image = cv2.imdecode(np.frombuffer(stored.picture, np.uint8), cv2.IMREAD_COLOR_RGB)
    matte = cv2.imdecode(np.frombuffer(stored.matte, np.uint8), cv2.IMREAD_GRAYSCALE)
    points = (np.array(each, np.float32) for each in (stored.landmarks, stored.outline, stored.frame_quad))
    landmarks, outline, quad = points
    person = Portrait(
        f"{stored.source}/{stored.document}", stored.source, np.asarray(image, np.uint8), np.asarray(matte, np.uint8),
        landmarks, outline, stored.face_xywh,
    )  # fmt: skip
    return Base(stored.document, stored.source, person, quad)


def _stored(base: Base) -> StoredBase:
    person = base.person
    flags = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    picture = cv2.imencode(".jpg", cv2.cvtColor(person.image, cv2.COLOR_RGB2BGR), flags)[1]
    matte = cv2.imencode(".png", person.matte)[1]
    return StoredBase(
        base.document, base.source, picture.tobytes(), matte.tobytes(), person.face_xywh,
        *(_pairs(points) for points in (person.landmarks, person.outline, base.frame_quad)),
    )  # fmt: skip


def _pairs(points: Float32Array) -> list[tuple[float, float]]:
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points]
