"""What makes an answer less certain: told to the user as advice, never mixed into the score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from img_super.domain import Box, QualityWarning, RgbImage
from img_super.pipeline.crop import crop_box

MANY_OUTSIDE: Final = 0.15
BLURRED_BELOW: Final = 9.0
"""Of `_sharpness`."""

DARK_BELOW: Final = 45.0
GLARE_ABOVE: Final = 0.2
_SHARPNESS_SIDE_PX: Final = 288
"""What the shipped network takes, so that nothing need be resized."""


def looked_at(crop: RgbImage, network_input: RgbImage) -> RgbImage:
    """What quality is told from: what the network got of the crop, where that is smaller and shows enough."""
    return network_input if _SHARPNESS_SIDE_PX <= len(network_input) < len(crop) else crop


def assess_quality(crop: RgbImage, face: Box, image_wh: tuple[int, int], small_face_px: int) -> list[QualityWarning]:
    """Look at a portrait crop and say what is wrong with it.

    Args:
        crop: the upright crop, RGB uint8, square, at the photo's own resolution or reduced (`looked_at`).
        face: the portrait's face in the photo, in pixels.
        image_wh: the photo's width and height in pixels.
        small_face_px: a face narrower than this is judged with less certainty.
    """
    return list(_warnings(crop, face, image_wh, small_face_px))


def _warnings(crop: RgbImage, face: Box, image_wh: tuple[int, int], small_face_px: int) -> Iterator[QualityWarning]:
    if min(face.width, face.height) < small_face_px:
        yield QualityWarning("small_portrait", f"The face is only {face.width} pixels wide; photograph from nearer.")
    if _share_outside(face, image_wh) > MANY_OUTSIDE:
        yield QualityWarning("cut_off", "The portrait lies at the photo's edge; photograph the whole document.")
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    if _sharpness(grey) < BLURRED_BELOW:
        yield QualityWarning("blurred", "The portrait is blurred; hold the camera still and let it focus.")
    if cv2.mean(grey)[0] < DARK_BELOW:
        yield QualityWarning("dark", "The portrait is dark; photograph it in more light.")
    if cv2.countNonZero(cv2.inRange(grey, 250, 255)) > GLARE_ABOVE * grey.size:
        yield QualityWarning("glare", "Much of the portrait is white: glare or too much light; tilt the document.")


def _share_outside(face: Box, image_wh: tuple[int, int]) -> float:
    wanted = crop_box(face)
    return 1 - wanted.clipped(image_wh).area / max(1, wanted.area)


def _sharpness(grey: RgbImage) -> float:
    """Variance of the Laplacian at a fixed size, so that it does not depend on the photo's resolution.

    Source: J. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000.
    """
    side_px = _SHARPNESS_SIDE_PX
    interpolation = cv2.INTER_LINEAR if side_px <= len(grey) < 2 * side_px else cv2.INTER_AREA  # linear still sees all
    small = cv2.resize(grey, (side_px, side_px), interpolation=interpolation)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    return float(deviation.item() ** 2)
