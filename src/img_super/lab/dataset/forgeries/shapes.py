"""What is cut out of a donor: masks, uint8, 255 inside, of the donor's size."""

from typing import Final

import cv2
import numpy as np

from img_super.lab.dataset.forgeries.landmarked_face import LandmarkedFace, Mask

_SEGMENTED_PX: Final = 256


def photo_shape(rng: np.random.Generator, donor: LandmarkedFace) -> tuple[Mask, tuple[int, int], tuple[int, int]]:
    """A passport photo's rectangle around the face, with its two corners."""
    mask = _empty(donor)
    x, y, width, height = donor.face_xywh
    side, above, below = rng.uniform((0.25, 0.25, 0.25), (0.5, 0.55, 0.6))
    corner = max(0, round(x - side * width)), max(0, round(y - above * height))
    right, bottom = round(x + width + side * width), round(y + height + below * height)
    opposite = min(mask.shape[1] - 1, right), min(mask.shape[0] - 1, bottom)
    cv2.rectangle(mask, corner, opposite, 255, -1)
    return mask, corner, opposite


def oval_head(donor: LandmarkedFace) -> Mask:
    """An oval for hair and face, another for the shoulders."""
    mask = _empty(donor)
    x, y, width, height = donor.face_xywh
    middle = round(x + width / 2)
    for down, radius_x, radius_y in ((0.42, 0.68, 0.74), (1.7, 0.95, 0.6)):
        radii = round(radius_x * width), round(radius_y * height)
        cv2.ellipse(mask, (middle, round(y + down * height)), radii, 0, 0, 360, 255, -1)
    return mask


def cut_head(donor: LandmarkedFace) -> Mask:
    """Head and shoulders along their own outline.

    Source: C. Rother et al., "GrabCut", 2004.
    """
    scale = min(1.0, _SEGMENTED_PX / max(donor.image.shape[:2]))
    small = np.asarray(cv2.resize(donor.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    x, y, width, height = (value * scale for value in donor.face_xywh)
    guess = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    for down, radius_x, radius_y, label in (
        (0.42, 0.75, 0.82, cv2.GC_PR_FGD), (1.75, 1.15, 0.62, cv2.GC_PR_FGD), (0.5, 0.42, 0.5, cv2.GC_FGD)
    ):  # fmt: skip
        centre, radii = (
            (round(x + width / 2), round(y + down * height)),
            (round(radius_x * width), round(radius_y * height)),
        )
        cv2.ellipse(guess, centre, radii, 0, 0, 360, label, -1)
    edge = max(2, round(0.04 * min(guess.shape)))
    guess[:edge] = guess[:, :edge] = guess[:, -edge:] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    cv2.grabCut(small, guess, [0, 0, 1, 1], np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    inside = np.where((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    labels = cv2.connectedComponents(inside)[1]
    middle = labels[min(round(y + height / 2), len(labels) - 1), min(round(x + width / 2), labels.shape[1] - 1)]
    head = np.where(labels == middle, 255, 0).astype(np.uint8)
    return np.asarray(cv2.resize(head, donor.image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def inner_face(donor: LandmarkedFace, widened: float) -> Mask:
    """From the brows to the chin, inside the cheeks: a hull around the landmarks, widened by a share of the face."""
    mask = _empty(donor)
    eye_right, eye_left, nose, mouth_right, mouth_left = donor.landmarks
    down = (mouth_right + mouth_left) / 2 - (eye_right + eye_left) / 2
    across = (eye_left - eye_right) * 0.55
    outline = [
        eye_right - across - 0.45 * down, eye_left + across - 0.45 * down, eye_left + across * 1.1,
        mouth_left + across * 0.9, nose + 1.05 * down, mouth_right - across * 0.9, eye_right - across * 1.1,
    ]  # fmt: skip
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(outline).astype(np.int32)), 255)
    size = 2 * round(widened * donor.face_xywh[2]) + 1
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)), np.uint8)


def _empty(donor: LandmarkedFace) -> Mask:
    return np.zeros(donor.image.shape[:2], np.uint8)
