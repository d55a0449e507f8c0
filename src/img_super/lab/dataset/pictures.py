"""Pictures as their files hold them."""

from pathlib import Path

import cv2
import numpy as np

from img_super.domain import RgbImage


def read_rgb(path: Path) -> RgbImage:
    """The picture in a file. Raises `FileNotFoundError` if there is no readable picture."""
    rgb = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if rgb is None:
        raise FileNotFoundError(path)
    return np.asarray(rgb, np.uint8)
