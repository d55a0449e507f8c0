"""One photo into one row, whatever happens to it. This is what the processes of the crew do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage, Verdict
from img_super.errors import InputError
from img_super.pipeline.crop import crop_portrait
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.pipeline import Pipeline, SuperResult
from img_super.scan.errors import InternalError
from img_super.scan.rows import Row, answered, unanswered
from img_super.sources.errors import FileError

THUMBNAIL_SIDE_PX: Final = 128


@dataclass(frozen=True, slots=True)
class Judged:
    """A row, and where it was asked for and the photo is not plainly genuine, a small JPEG of the portrait."""

    row: Row
    thumbnail: bytes | None = None


def judge(pipeline: Pipeline, name: str, read: Callable[[], bytes], thumbnails: DecodeLimits | None = None) -> Judged:
    """Judge the photo that `read` gives; every failure is told in its row.

    Args:
        pipeline: what judges it.
        name: what its row is called.
        read: gives the bytes, or raises `FileError`.
        thumbnails: the limits of the pipeline, where suspicious portraits are wanted as small pictures.
    """
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
    row = answered(name, data, result)
    if thumbnails is None or result.decision.verdict is Verdict.BONA_FIDE:
        return Judged(row)
    return Judged(row, _thumbnail(decode_image(data, thumbnails), result))


def _thumbnail(image: RgbImage, result: SuperResult) -> bytes:
    """The upright portrait with its surroundings. The image was decoded again: few photos are suspicious."""
    crop = crop_portrait(image, result.detection.portrait.box, result.detection.rotation)
    small = cv2.resize(crop, (THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small[:, :, ::-1].astype(np.uint8, copy=False), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return jpeg.tobytes()
