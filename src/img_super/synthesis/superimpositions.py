"""The attacks: another face over the complete, printed genuine card, on paper or in the photo of it.

Species: `pasted_head` (cut-out head and shoulders), `pasted_photo` (a rectangle with its own background) and
`face_swap` (the inner face, aligned and blended). Whatever the species, a donor is a picture and an alpha in the
donor's own pixels and a map onto the card; the same donor can thus be laid on paper or into the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels, printing
from img_super.synthesis.cards import PrintedCard, toned
from img_super.synthesis.layers import head_alpha, onto, place, warp, window
from img_super.synthesis.portraits import Portrait

FloatArray = npt.NDArray[np.float32]

SPECIES: Final = ("pasted_head", "pasted_photo", "face_swap")
_FACE_OUTLINE_DEG: Final = np.deg2rad(np.arange(0, 360, 12)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Donor:
    """What is laid over the card.

    Attributes:
        species: which kind of superimposition it is.
        picture: float32 RGB in the donor's own pixels.
        alpha: float32, 0 to 1, in the donor's own pixels.
        matrix: float32 [3, 3], from the donor's pixels to the card's.
        clip: the card's portrait frame, outside of which nothing is laid, or None.
    """

    species: str
    picture: FloatArray
    alpha: FloatArray
    matrix: FloatArray
    clip: tuple[int, int, int, int] | None


def draw_donor(rng: np.random.Generator, species: str, portrait: Portrait, card: PrintedCard) -> Donor:
    """Prepare another person's portrait for this card."""
    picture = printing.live_through(portrait.image.astype(np.float32), printing.draw_history(rng), rng)
    tone = str(rng.choice(["colour", "grey"], p=[0.85, 0.15]))
    picture = toned(picture, tone, rng)
    make = {"pasted_head": _pasted_head, "pasted_photo": _pasted_photo, "face_swap": _face_swap}[species]
    return make(rng, portrait, picture, card)


def _pasted_head(rng: np.random.Generator, portrait: Portrait, picture: FloatArray, card: PrintedCard) -> Donor:
    matrix = _by_landmarks(portrait.landmarks, card.landmarks)
    middle = card.landmarks.mean(0)
    matrix = _jittered(rng, matrix, middle, card.face_width_px, (0.92, 1.35), 0.06, 3.0)
    alpha = head_alpha(portrait, rng, card.face_width_px)
    if rng.random() < 0.25:
        picture = _with_halo(rng, picture, portrait, card.face_width_px)
    clip = card.frame if rng.random() < 0.7 else None
    return Donor("pasted_head", picture, alpha, matrix, clip)


def _with_halo(rng: np.random.Generator, picture: FloatArray, portrait: Portrait, face_width: float) -> FloatArray:
    """The paper or the old background that careless scissors leave around a head."""
    inside = pixels.blur(np.asarray(portrait.matte / 255, np.float32), portrait.face_xywh[2] / max(face_width, 1.0))
    light = np.full((1, 1, 3), rng.uniform(200, 255), np.float32)
    return pixels.blend(np.broadcast_to(light, picture.shape).astype(np.float32), picture, inside)


def _pasted_photo(rng: np.random.Generator, portrait: Portrait, picture: FloatArray, card: PrintedCard) -> Donor:
    frame = card.frame
    aspect = (frame[2] - frame[0]) / (frame[3] - frame[1])
    exact = rng.random() < 0.35
    if not exact:
        aspect *= float(rng.uniform(0.9, 1.12))
    shown = window(portrait, aspect, rng)
    affine = place(shown, frame)
    affine[1, 1] = affine[1, 1] if exact else affine[0, 0]
    matrix = np.vstack([affine, [0, 0, 1]]).astype(np.float32)
    if not exact:
        middle = np.array([(frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2], np.float32)
        matrix = _jittered(rng, matrix, middle, card.face_width_px, (0.93, 1.18), 0.05, 1.6)
    scale = 1 / max(0.05, float(affine[0, 0]))
    if rng.random() < 0.3:
        shade = rng.uniform(170, 250, 3).astype(np.float32)[None, None]
        head = head_alpha(portrait, rng, card.face_width_px)
        picture = pixels.blend(np.broadcast_to(shade, picture.shape).astype(np.float32), picture, head)
    picture, alpha = _cut_rectangle(rng, picture, shown, scale)
    return Donor("pasted_photo", picture, alpha, matrix, None)


def _cut_rectangle(
    rng: np.random.Generator, picture: FloatArray, shown: tuple[float, float, float, float], scale: float
) -> tuple[FloatArray, FloatArray]:
    alpha = np.zeros(picture.shape[:2], np.float32)
    corner, opposite = (round(shown[0]), round(shown[1])), (round(shown[2]) - 1, round(shown[3]) - 1)
    cv2.rectangle(alpha, corner, opposite, 1.0, -1)
    if rng.random() < 0.2:
        picture = picture.copy()
        edge = max(1, round(rng.uniform(1, 5) * scale))
        cv2.rectangle(picture, corner, opposite, (float(rng.uniform(225, 255)),) * 3, 2 * edge)
    softness = float(rng.choice([0.2, rng.uniform(0.3, 1.5), rng.uniform(1.5, 5)], p=[0.5, 0.35, 0.15]))
    return picture, pixels.blur(alpha, softness * scale)


def _face_swap(rng: np.random.Generator, portrait: Portrait, picture: FloatArray, card: PrintedCard) -> Donor:
    matrix = _by_landmarks(portrait.landmarks, card.landmarks)
    x, y, width, height = portrait.face_xywh
    radius = np.array([rng.uniform(0.36, 0.5) * width, rng.uniform(0.38, 0.5) * height], np.float32)
    centre = np.array([x + width / 2, y + height * rng.uniform(0.48, 0.56)], np.float32)
    outline = np.stack([np.cos(_FACE_OUTLINE_DEG), np.sin(_FACE_OUTLINE_DEG)], -1)
    wobble = 1 + rng.normal(0, 0.03, (len(outline), 1)).astype(np.float32)
    alpha = np.zeros(picture.shape[:2], np.float32)
    hull = cv2.convexHull(np.round(centre + outline * wobble * radius).astype(np.int32))
    cv2.fillConvexPoly(alpha, hull, 1.0, cv2.LINE_AA)
    return Donor("face_swap", picture, pixels.blur(alpha, float(rng.uniform(0.01, 0.07)) * width), matrix, None)


def _by_landmarks(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    affine, _ = cv2.estimateAffinePartial2D(ours, theirs, method=cv2.LMEDS)
    return np.vstack([affine, [0, 0, 1]]).astype(np.float32)


def _jittered(
    rng: np.random.Generator, matrix: FloatArray, middle: FloatArray, face_px: float,
    scales: tuple[float, float], shift: float, degrees: float,
) -> FloatArray:  # fmt: skip
    turned = cv2.getRotationMatrix2D(
        (float(middle[0]), float(middle[1])), float(rng.normal(0, degrees)), float(rng.uniform(*scales))
    )
    turned[:, 2] = turned[:, 2] + rng.normal(0, shift, 2) * face_px
    return np.asarray(np.vstack([turned, [0, 0, 1]]) @ matrix, np.float32)


def lay(rng: np.random.Generator, under: FloatArray, donor: Donor, to_target: FloatArray | None) -> Superimposed:
    """Warp the donor onto the card (or, through `to_target` [3, 3], into the photo) and return picture and alpha."""
    wh = (under.shape[1], under.shape[0])
    matrix = donor.matrix if to_target is None else np.asarray(to_target @ donor.matrix, np.float32)
    picture = warp(donor.picture, matrix, wh)
    alpha = warp(donor.alpha, matrix, wh, cv2.BORDER_CONSTANT)
    if donor.clip is not None:
        alpha = alpha * _clip(donor.clip, to_target, under.shape[:2])
    return Superimposed(picture, np.clip(alpha, 0, 1))


@dataclass(frozen=True, slots=True)
class Superimposed:
    """A donor in the pixels of what it is laid on."""

    picture: FloatArray
    alpha: FloatArray


def _clip(frame: tuple[int, int, int, int], to_target: FloatArray | None, hw: tuple[int, ...]) -> FloatArray:
    """Heads end at the frame's sides and bottom; hair may stand out above."""
    x0, y0, x1, y1 = frame
    corners = np.array([[x0, y0 - (y1 - y0)], [x1, y0 - (y1 - y0)], [x1, y1], [x0, y1]], np.float32)
    if to_target is not None:
        corners = onto(to_target, corners)
    out = np.zeros(hw, np.float32)
    cv2.fillConvexPoly(out, np.round(corners).astype(np.int32), 1.0, cv2.LINE_AA)
    return out


def on_card(rng: np.random.Generator, card: PrintedCard, donor: Donor) -> tuple[FloatArray, FloatArray]:
    """Stick a print of the donor on the card; returns the card and where it is covered (alpha)."""
    laid = lay(rng, card.image, donor, None)
    picture = _coloured(rng, laid.picture, card.image, laid.alpha, card.grey)
    process = printing.draw_print_process(rng, photocopy=0.8 if card.grey else 0.05)
    picture = printing.print_picture(picture, process, rng)
    alpha = laid.alpha * np.float32(rng.choice([1.0, rng.uniform(0.85, 1.0)], p=[0.8, 0.2]))
    under = card.image
    if rng.random() < 0.5:
        shift = np.array([[1, 0, rng.normal(0, 1.2)], [0, 1, rng.normal(0.6, 1.2)], [0, 0, 1]], np.float32)
        shadow = warp(alpha, shift, (alpha.shape[1], alpha.shape[0]), cv2.BORDER_CONSTANT)
        under = under * (1 - np.float32(rng.uniform(0.1, 0.5)) * pixels.blur(shadow, rng.uniform(0.4, 2.5)))[:, :, None]
    return pixels.blend(under, picture, alpha), alpha


def on_photo(
    rng: np.random.Generator, photo: FloatArray, card: PrintedCard, donor: Donor, to_photo: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Lay the donor into the photo of the card with an image editor; returns the photo and where it is covered."""
    laid = lay(rng, photo, donor, to_photo)
    picture = _coloured(rng, laid.picture, photo, laid.alpha, card.grey)
    picture = pixels.blur(picture, float(max(0.0, rng.uniform(-0.7, 1.4))))
    strength = float(max(0.0, rng.uniform(-4, 6)))
    if strength:
        picture = picture + pixels.noise(rng, photo.shape[:2], strength, float(rng.uniform(0, 0.8)), 0.4)
    if donor.species == "face_swap" and rng.random() < 0.4:
        cloned = _seamless(photo, picture, laid.alpha)
        return cloned, laid.alpha
    return pixels.blend(photo, picture, laid.alpha), laid.alpha


def _coloured(
    rng: np.random.Generator, picture: FloatArray, like: FloatArray, alpha: FloatArray, grey: bool
) -> FloatArray:
    """A forger matches the colours more or less well; on a grey copy he nearly always does."""
    if grey and rng.random() < 0.88:
        return pixels.tint_like(picture, like, alpha)
    if rng.random() < 0.75:
        return pixels.match_statistics(picture, like, alpha, float(rng.uniform(0.4, 1.0)))
    return picture


def _seamless(photo: FloatArray, picture: FloatArray, alpha: FloatArray) -> FloatArray:
    """Poisson blending. Source: P. Perez et al., "Poisson Image Editing", 2003."""
    mask = np.where(alpha > 0.5, 255, 0).astype(np.uint8)
    mask[[0, 1, -1, -2]] = 0
    mask[:, [0, 1, -1, -2]] = 0
    x, y, width, height = cv2.boundingRect(mask)
    if min(width, height) < 8:
        return pixels.blend(photo, picture, alpha)
    part = np.s_[y : y + height, x : x + width]
    centre = (x + width // 2, y + height // 2)
    done = cv2.seamlessClone(
        pixels.to_bytes(picture[part]), pixels.to_bytes(photo), mask[part], centre, cv2.NORMAL_CLONE
    )
    return np.asarray(done, np.float32)
