"""One more JPEG: what a messenger does to a photo."""

from __future__ import annotations

import cv2
import numpy as np

from img_super.domain import RgbImage


def saved(image: RgbImage, quality: int) -> RgbImage:
    """The image after one more JPEG, chroma halved as phones and messengers do."""
    _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1], dtype=np.uint8)
