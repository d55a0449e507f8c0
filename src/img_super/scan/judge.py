"""One photo into one row, whatever happens to it. This is what the processes of the crew do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.errors import InputError
from img_super.pipeline.crop import crop_portrait
from img_super.pipeline.decode import decode_image
from img_super.pipeline.pipeline import Pipeline, SuperResult
from img_super.scan.errors import FileError, InternalError
from img_super.scan.rows import Row, answered, unanswered

THUMBNAIL_SIDE_PX: Final = 128


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, and where it was asked for and the photo is not plainly genuine, a small JPEG of the portrait."""

    row: Row
    thumbnail: bytes | None = None


def judge(pipeline: Pipeline, name: str, read: Callable[[], bytes], thumbnails: bool = False) -> Judged:
    """Judge the photo that `read` gives; every failure is told in its row."""
    try:
        data = read()
    except FileError as error:
        return Judged(unanswered(name, error.code, error.detail))
    try:
        result = pipeline.super(data)
    except InputError as error:
        return Judged(unanswered(name, error.code, error.detail, data))
    except Exception:  # noqa: BLE001 one photo must not end a scan of a million
        return Judged(unanswered(name, InternalError.code, InternalError.advice, data))
    wanted = thumbnails and result.decision.score >= pipeline.validator.card.undetermined[0]
    return Judged(answered(name, data, result), _thumbnail(data, result) if wanted else None)


def _thumbnail(data: bytes, result: SuperResult) -> bytes:
    """The upright portrait with its surroundings. Decoded again: few photos are suspicious, and memory is kept low."""
    crop = crop_portrait(decode_image(data, sys.maxsize), result.detection.portrait.box, result.detection.rotation)
    small = cv2.resize(crop, (THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small[:, :, ::-1].astype(np.uint8, copy=False), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return jpeg.tobytes()
