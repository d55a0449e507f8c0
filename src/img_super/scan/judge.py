"""Turns one photo into one row, whatever happens. This runs in the crew's processes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import RgbImage, Verdict
from img_super.errors import InputError
from img_super.pipeline.pipeline import Pipeline
from img_super.scan.errors import InternalError
from img_super.scan.rows import ScanRow, answered, unanswered
from img_super.sources.errors import FileError

THUMBNAIL_SIDE_PX: Final = 128


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and, if requested and the photo is not clearly genuine, a small JPEG of the portrait."""

    row: ScanRow
    thumbnail: bytes | None = None


def judge(pipeline: Pipeline, name: str, read_photo: Callable[[], bytes], thumbnails: bool = False) -> Judged:
    """Judge the photo that `read_photo` returns; failures are reported in its row.

    Args:
        pipeline: the pipeline.
        name: the row's name.
        read_photo: returns the bytes, or raises `FileError`.
        thumbnails: whether to return small pictures of suspicious portraits.
    """
    try:
        data = read_photo()
    except FileError as error:
        return Judged(unanswered(name, error.code, error.detail))
    try:
        look = pipeline.look(data)
        result = pipeline.judge(look)
    except InputError as error:
        return Judged(unanswered(name, error.code, error.detail, data))
    except Exception:  # noqa: BLE001 one photo must not end a scan of a million
        return Judged(unanswered(name, InternalError.code, InternalError.advice, data))
    with_thumbnail = thumbnails and result.decision.verdict is not Verdict.BONA_FIDE
    return Judged(answered(name, data, result), _thumbnail(look.crop) if with_thumbnail else None)


def _thumbnail(crop: RgbImage) -> bytes:
    small = cv2.resize(crop, (THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small[:, :, ::-1].astype(np.uint8, copy=False), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return jpeg.tobytes()
