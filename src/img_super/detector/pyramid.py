"""A photo and its halvings, for the one-pass network and for YuNet's close-ups."""

import cv2
import numpy as np

from img_super.domain import Box, RgbImage


class Pyramid:
    """A photo at 1/1, 1/2, 1/4 of its size and so on, each computed on demand. For one thread."""

    def __init__(self, image: RgbImage) -> None:
        self._levels = [image]
        self.wh = (image.shape[1], image.shape[0])

    def after(self, halvings: int) -> RgbImage:
        """The photo after this many halvings; its shorter side must have enough pixels."""
        while len(self._levels) <= halvings:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[halvings]

    def part(self, box: Box) -> "Pyramid":
        """The content of a box inside the photo."""
        return Pyramid(self._levels[0][box.y_min : box.y_max, box.x_min : box.x_max])


def _halved(image: RgbImage) -> RgbImage:
    """The image at half its size; an odd last row or column is dropped.

    OpenCV's area interpolation is twenty times faster for exact halves than for other factors.
    """
    width, height = image.shape[1] // 2, image.shape[0] // 2
    even = image[: 2 * height, : 2 * width]
    return cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
