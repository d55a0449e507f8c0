"""Saving again, mostly as JPEG, as messengers do."""

import cv2
import numpy as np

from img_super.domain import RgbImage


def saved(image: RgbImage, quality: int, kind: str = "jpeg") -> RgbImage:
    """The image after one more save as `jpeg` or `webp`, chroma halved as phones and messengers do."""
    flag = cv2.IMWRITE_WEBP_QUALITY if kind == "webp" else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(f".{kind}", image[:, :, ::-1], [flag, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1], dtype=np.uint8)
