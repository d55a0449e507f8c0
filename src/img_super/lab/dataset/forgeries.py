"""Forgeries on real photos by other code than the generator's, so that its habits are not what is measured.

All pixels are RGB uint8. Donors are matched to the portrait that they cover: on grey copies they are grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import RgbImage

Points = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]

SPECIES: Final = ("pasted_head", "pasted_photo", "face_swap")


@dataclass(frozen=True, slots=True)
class LandmarkedFace:
    """An upright portrait: image, the five landmarks (float32 [5, 2], pixels), the face as x, y, width, height."""

    image: RgbImage
    landmarks: Points
    face_xywh: tuple[float, float, float, float]


def forge(
    rng: np.random.Generator, species: str, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace
) -> RgbImage:
    """Lay the donor over the host in `photo`.

    Args:
        photo: the pixels that `host` is measured in.
        host: the portrait in the photo; its `image` is not read.
        donor: another person.

    Raises:
        ValueError: an unknown species.
    """
    to_photo, _ = cv2.estimateAffinePartial2D(donor.landmarks, host.landmarks, method=cv2.LMEDS)
    shape = {"pasted_head": _head_shape, "pasted_photo": _photo_shape, "face_swap": _face_shape}.get(species)
    if shape is None:
        raise ValueError(f"unknown species {species}")
    size = (photo.shape[1], photo.shape[0])
    mask = cv2.warpAffine(shape(donor), to_photo, size, flags=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    laid = cv2.warpAffine(donor.image, to_photo, size, flags=cv2.INTER_AREA).astype(np.uint8, copy=False)
    laid = _in_its_light(laid, photo, mask)
    if species == "face_swap" and rng.random() < 0.5:
        return _poisson(photo, laid, mask)
    softness = float(rng.choice([0.6, 1.2, 2.5])) if species != "face_swap" else 0.04 * host.face_xywh[2]
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), softness)[:, :, None]
    return np.round(photo * (1 - alpha) + laid * alpha).astype(np.uint8)


def _photo_shape(donor: LandmarkedFace) -> Mask:
    """A passport photo's rectangle around the face."""
    mask = np.zeros(donor.image.shape[:2], np.uint8)
    x, y, width, height = donor.face_xywh
    corner = (round(x - 0.32 * width), round(y - 0.3 * height))
    opposite = (round(x + 1.32 * width), round(y + 1.4 * height))
    cv2.rectangle(mask, corner, opposite, 255, -1)
    return mask


def _head_shape(donor: LandmarkedFace) -> Mask:
    """An oval for hair and face, another for the shoulders."""
    mask = np.zeros(donor.image.shape[:2], np.uint8)
    x, y, width, height = donor.face_xywh
    middle = round(x + width / 2)
    cv2.ellipse(
        mask, (middle, round(y + 0.42 * height)), (round(0.68 * width), round(0.74 * height)), 0, 0, 360, 255, -1
    )
    cv2.ellipse(mask, (middle, round(y + 1.7 * height)), (round(0.95 * width), round(0.6 * height)), 0, 0, 360, 255, -1)
    return mask


def _face_shape(donor: LandmarkedFace) -> Mask:
    """From the brows to the chin, inside the cheeks: a hull around the landmarks, widened."""
    mask = np.zeros(donor.image.shape[:2], np.uint8)
    eye_right, eye_left, nose, mouth_right, mouth_left = donor.landmarks
    down = (mouth_right + mouth_left) / 2 - (eye_right + eye_left) / 2
    across = (eye_left - eye_right) * 0.55
    outline = [
        eye_right - across - 0.45 * down, eye_left + across - 0.45 * down, eye_left + across * 1.1,
        mouth_left + across * 0.9, nose + 1.05 * down, mouth_right - across * 0.9, eye_right - across * 1.1,
    ]  # fmt: skip
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(outline).astype(np.int32)), 255)
    return mask


def _in_its_light(laid: RgbImage, photo: RgbImage, mask: Mask) -> RgbImage:
    """Move the donor's lightness and colours to those of what it covers; colourless where that is colourless."""
    where = mask > 127
    if not where.any():
        return laid
    ours = cv2.cvtColor(laid, cv2.COLOR_RGB2LAB).astype(np.float32)
    theirs = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    mean, spread = theirs[where].mean(0), theirs[where].std(0)
    moved = (ours - ours[where].mean(0)) * np.minimum(spread / (ours[where].std(0) + 1e-3), 1.5) + mean
    return np.asarray(cv2.cvtColor(np.clip(moved, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)


def _poisson(photo: RgbImage, laid: RgbImage, mask: Mask) -> RgbImage:
    """Source: P. Perez et al., "Poisson Image Editing", 2003."""
    x, y, width, height = cv2.boundingRect(mask)
    centre = (x + width // 2, y + height // 2)
    return cv2.seamlessClone(laid, photo, mask, centre, cv2.NORMAL_CLONE).astype(np.uint8, copy=False)
