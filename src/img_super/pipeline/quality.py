"""Quality warnings: advice for the user, never part of the score."""

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
MOTION_BELOW: Final = 0.25
"""Weakest over strongest of the second derivatives in four directions: 0.27 and more on 157 of 158 sharp cards."""

FEW_MIDDLE: Final = 0.12
COPY_MIDDLE: Final = 0.6
"""Share of pixels between black and white; real captures in grey have 0.29 and more, thresholded ones at most 0.10."""

COPY_CLIPPED: Final = 0.15
"""Share of pixels that are white or black altogether: grey scans have at most 0.04, their copies 0.29 and more."""

DITHERED_ABOVE: Final = 1000.0
"""Of the weakest second derivative; real captures have at most 740."""

GREY_BELOW: Final = 1.5
NO_DOCUMENT: Final = QualityWarning(
    "no_document", "No document is visible around the face; photograph the whole document.", hides=True
)
UNJUDGED_DOCUMENTS: Final = QualityWarning(
    "unjudged_documents",
    "The photo has more documents than are judged at once, or some whose portrait is too small; photograph each alone.",
)
_SHARPNESS_SIDE_PX: Final = 288
"""What the shipped network takes, so that nothing need be resized."""


def looked_at(crop: RgbImage, network_input: RgbImage) -> RgbImage:
    """The image for the quality checks: the network's input if it is smaller and sufficient."""
    return network_input if _SHARPNESS_SIDE_PX <= len(network_input) < len(crop) else crop


def assess_quality(crop: RgbImage, face: Box, image_wh: tuple[int, int], small_face_px: int) -> list[QualityWarning]:
    """Check the quality of a portrait crop.

    `crop`: upright, square, at the photo's own resolution or reduced (`looked_at`); `face`: in the photo, of size
    `image_wh`; `small_face_px`: a narrower face is judged with less certainty.
    """
    return list(_warnings(crop, face, image_wh, small_face_px))


def _warnings(crop: RgbImage, face: Box, image_wh: tuple[int, int], small_face_px: int) -> Iterator[QualityWarning]:
    if min(face.width, face.height) < small_face_px:
        yield QualityWarning("small_portrait", f"The face is only {face.width} pixels wide; move the camera closer.")
    if _share_outside(face, image_wh) > MANY_OUTSIDE:
        yield QualityWarning("cut_off", "The portrait is at the edge of the photo; photograph the whole document.")
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    small = _small(grey)
    weakest, strongest = _weakest_and_strongest(small)
    if weakest < MOTION_BELOW * strongest:
        yield QualityWarning("blurred", "The portrait is blurred by motion; hold the camera still.", hides=True)
    elif _sharpness(small) < BLURRED_BELOW:
        yield QualityWarning("blurred", "The portrait is blurred; hold the camera still and let it focus.")
    if cv2.mean(grey)[0] < DARK_BELOW:
        yield QualityWarning("dark", "The portrait is dark; use more light.")
    copy = _copy(crop, small, weakest)
    if copy:
        yield copy
    elif cv2.countNonZero(cv2.inRange(grey, 250, 255)) > GLARE_ABOVE * grey.size:
        yield QualityWarning("glare", "Much of the portrait is white: glare or too much light; tilt the document.")


def _share_outside(face: Box, image_wh: tuple[int, int]) -> float:
    square = crop_box(face)
    return 1 - square.clipped(image_wh).area / max(1, square.area)


def _copy(crop: RgbImage, small: RgbImage, weakest: float) -> QualityWarning | None:
    """Whether the mid-tones, which would show a superimposition, are lost."""
    middle = cv2.countNonZero(cv2.inRange(small, 40, 215)) / small.size
    if middle < COPY_MIDDLE or weakest > DITHERED_ABOVE:  # the usual case ends here
        thumbnail = cv2.resize(crop, (64, 64), interpolation=cv2.INTER_AREA)
        grey = float(np.ptp(thumbnail, axis=2).mean()) < GREY_BELOW
        white = cv2.countNonZero(cv2.inRange(small, 216, 255)) / small.size  # a dark photo has none
        if (middle < FEW_MIDDLE < white) or (grey and weakest > DITHERED_ABOVE):
            return QualityWarning("few_tones", "The photo is only black and white; take it in colour.", hides=True)
        if grey and _clipped(small) > COPY_CLIPPED:
            return QualityWarning("copy", "This is a photocopy; photograph the original.", hides=True)
    return None


def _clipped(grey: RgbImage) -> float:
    black, white = cv2.inRange(grey, 0, 8), cv2.inRange(grey, 250, 255)
    return (cv2.countNonZero(black) + cv2.countNonZero(white)) / grey.size


def _weakest_and_strongest(grey: RgbImage) -> tuple[float, float]:
    """Variances of the second derivative in the weakest and the strongest direction."""
    variances = [_variance(cv2.filter2D(grey, cv2.CV_16S, kernel)) for kernel in _SECOND_DERIVATIVES]
    halved = (1.0, 1.0, 0.25, 0.25)  # diagonal neighbours are further apart
    along = [variance * share for variance, share in zip(variances, halved, strict=True)]
    return min(along), max(along)


_SECOND_DERIVATIVES: Final = [
    np.array(rows, np.float32)
    for rows in (
        [[0, 0, 0], [1, -2, 1], [0, 0, 0]],
        [[0, 1, 0], [0, -2, 0], [0, 1, 0]],
        [[1, 0, 0], [0, -2, 0], [0, 0, 1]],
        [[0, 0, 1], [0, -2, 0], [1, 0, 0]],
    )
]


def _small(grey: RgbImage) -> RgbImage:
    side_px = _SHARPNESS_SIDE_PX
    interpolation = cv2.INTER_LINEAR if side_px <= len(grey) < 2 * side_px else cv2.INTER_AREA  # linear sees all
    return cv2.resize(grey, (side_px, side_px), interpolation=interpolation).astype(np.uint8, copy=False)


def _sharpness(small: RgbImage) -> float:
    """Variance of the Laplacian at a fixed size, so that it does not depend on the photo's resolution.

    Source: J. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000.
    """
    return _variance(cv2.Laplacian(small, cv2.CV_16S))


def _variance(values: cv2.typing.MatLike) -> float:
    _, deviation = cv2.meanStdDev(values)
    return float(deviation.item() ** 2)
