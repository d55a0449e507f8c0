"""Pasted photos and heads: crude, in their own colours, or matched to what they cover."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Float32Array, RgbImage
from img_super.lab.forging.canvas import Canvas
from img_super.lab.forging.laid import SMALLEST_CLONED_PX, Laid, cloned
from img_super.lab.forging.retouch import recoloured, retouched
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import corners_of, scale_of, warp
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.portraits.tones import apply_tone, draw_tone
from img_super.lab.synthesis.superimpositions.placing import bent, jittered, similarity

_FEWEST_PX: Final = 50
_SIDES: Final = (0.28, 0.75)
_TOP: Final = (0.3, 0.85)
_BOTTOM: Final = (0.2, 0.75)
"""How far a cut-out photo reaches beyond the face's box, in the face's width and height."""
_SHARPNESS_MATCHED_SHARE: Final = 0.6
_BENT_SHARE: Final = 0.3
_CLONED_SHARE: Final = 0.35
_FEATHERS: Final = (0.008, 0.09)
"""Of the face's width."""
_FACE_SIZES: Final = (0.8, 1.08)
"""Of the face's outline."""
_BLURS_PX: Final = (0.5, 0.7, 0.9, 1.2, 1.6, 2.2)


def crude_photo(rng: np.random.Generator, canvas: Canvas, donor: Portrait) -> Laid:
    """A rectangle with the donor's own background, roughly over the portrait."""
    sheet, face = _sheet(rng, donor)
    sheet = _bordered(rng, _dressed(rng, sheet, canvas))
    matrix = _over_the_face(rng, canvas, face)
    if rng.random() < 0.35:
        matrix = _into_the_frame(rng, canvas, sheet)
    alpha = np.zeros(sheet.shape[:2], np.float32)
    alpha[1:-1, 1:-1] = 1
    return _laid(rng, canvas, sheet, alpha, matrix, "crude_photo")


def matched_photo(rng: np.random.Generator, canvas: Canvas, donor: Portrait) -> Laid:
    """A rectangle in the colours of what it covers, with a narrow seam."""
    sheet, face = _sheet(rng, donor)
    matrix = _into_the_frame(rng, canvas, sheet) if rng.random() < 0.4 else _over_the_face(rng, canvas, face)
    alpha = np.zeros(sheet.shape[:2], np.float32)
    alpha[1:-1, 1:-1] = 1
    return _fitted(rng, canvas, sheet, alpha, matrix, "matched_photo")


def matched_head(rng: np.random.Generator, canvas: Canvas, donor: Portrait) -> Laid:
    """A head or an oval around it in the colours of what it covers, with a narrow seam."""
    matrix = _onto_its_landmarks(rng, canvas, donor, (0, 0.05), 0.02, 1.5)
    return _fitted(rng, canvas, donor.image, _head_alpha(rng, donor), matrix, "matched_head")


def matched_face(rng: np.random.Generator, canvas: Canvas, donor: Portrait) -> Laid:
    """The inner face only, warped by landmarks: feathered, or cloned in the gradient domain."""
    person, picture = canvas.base.person, donor.image
    if rng.random() < _BENT_SHARE:
        ours, theirs = (np.concatenate([each.landmarks, each.outline]) for each in (donor, person))
        matrix = similarity(donor.landmarks, person.landmarks)
        picture = pixels.to_bytes(bent(pixels.as_float(picture), matrix, ours, theirs))
    matrix = _onto_its_landmarks(rng, canvas, donor, (0, 0.03), 0.01, 1.0)
    alpha = _face_alpha(rng, donor)
    if rng.random() < _CLONED_SHARE:
        return _cloned(rng, canvas, picture, alpha, matrix)
    softness_px = float(np.exp(rng.uniform(*np.log(_FEATHERS)))) * person.face_xywh[2]
    return _fitted(rng, canvas, picture, alpha, matrix, "matched_face", softness_px)


def crude_head(rng: np.random.Generator, canvas: Canvas, donor: Portrait) -> Laid:
    """A cut-out head, or an oval around it, with a hard edge and colours of its own."""
    picture = _dressed(rng, donor.image, canvas)
    alpha = _head_alpha(rng, donor)
    matrix = _onto_its_landmarks(rng, canvas, donor, (0.02, 0.07), 0.03, 2.0)
    return _laid(rng, canvas, picture, alpha, matrix, "crude_head")


def _onto_its_landmarks(
    rng: np.random.Generator,
    canvas: Canvas,
    donor: Portrait,
    log_scale: tuple[float, float],
    shift: float,
    turn_deg: float,
) -> Float32Array:
    """The map from the donor's landmarks to the portrait's, off by a scale, a shift (in face widths) and a rotation."""
    person = canvas.base.person
    matrix = similarity(donor.landmarks, person.landmarks)
    scale = float(np.exp(rng.normal(*log_scale)))
    return jittered(rng, matrix, person.landmarks.mean(0), scale, shift * person.face_xywh[2], turn_deg)


def _sheet(rng: np.random.Generator, donor: Portrait) -> tuple[RgbImage, Float32Array]:
    """The donor's photo cut to a rectangle, and its face's centre and width in it: x, y, width."""
    x, y, width, height = donor.face_xywh
    left, right = rng.uniform(*_SIDES, 2) * width
    low = np.maximum([x - left, y - float(rng.uniform(*_TOP)) * height], 0).astype(int)
    high = np.minimum([x + width + right, y + height * (1 + float(rng.uniform(*_BOTTOM)))], donor.wh).astype(int)
    sheet = np.ascontiguousarray(donor.image[low[1] : high[1], low[0] : high[0]])
    return sheet, np.array([x + width / 2 - low[0], y + height / 2 - low[1], width], np.float32)


def _dressed(rng: np.random.Generator, picture: RgbImage, canvas: Canvas) -> RgbImage:
    """The donor's colours: unchanged, relit, retoned, or close to those of what it covers."""
    manner = rng.random()
    if manner < 0.3:
        return picture
    if manner < 0.5:
        return recoloured(rng, picture, 1.5)
    if manner < 0.65:
        return pixels.to_bytes(apply_tone(pixels.as_float(picture), draw_tone(rng), rng))
    if canvas.grey and manner < 0.95:
        picture = pixels.to_bytes(pixels.grey(pixels.as_float(picture)))
    return _in_its_light(rng, picture, canvas)


def _in_its_light(rng: np.random.Generator, picture: RgbImage, canvas: Canvas) -> RgbImage:
    """Mean and standard deviation of each channel moved part of the way to those of the covered face."""
    x, y, width, height = (round(value) for value in canvas.base.person.face_xywh)
    under = canvas.base.image[max(0, y) : y + height, max(0, x) : x + width].reshape(-1, 3).astype(np.float32)
    ours, strength = picture.astype(np.float32), float(rng.uniform(0.5, 1))
    mean, spread = ours.reshape(-1, 3).mean(0), ours.reshape(-1, 3).std(0) + 1
    matched = (ours - mean) * np.clip(under.std(0) / spread, 0.4, 1.6) + under.mean(0)
    return pixels.to_bytes(np.asarray(ours + strength * (matched - ours), np.float32))


def _bordered(rng: np.random.Generator, sheet: RgbImage) -> RgbImage:
    """A white or black paper border; none in half of the cases."""
    if rng.random() < 0.55:
        return sheet
    width = max(1, round(float(rng.uniform(0.01, 0.06)) * sheet.shape[1]))
    level = float(rng.uniform(225, 255) if rng.random() < 0.75 else rng.uniform(0, 60))
    top, bottom, left, right = (width if rng.random() < 0.85 else 0 for _ in range(4))
    colour = (level,) * 3
    return np.asarray(cv2.copyMakeBorder(sheet, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour), np.uint8)


def _over_the_face(rng: np.random.Generator, canvas: Canvas, face: Float32Array) -> Float32Array:
    """The map that lays the sheet's face roughly over the portrait's, aligned with the eyes."""
    person = canvas.base.person
    x, y, width, height = person.face_xywh
    across = person.landmarks[1] - person.landmarks[0]
    angle = float(np.arctan2(across[1], across[0])) * float(rng.uniform(0, 1.1))
    scale = width / float(face[2]) * float(np.exp(rng.normal(0.04, 0.1)))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3, dtype=np.float32)
    matrix[:2, :2] = linear
    matrix[:2, 2] = np.array([x + width / 2, y + height / 2]) - linear @ face[:2]
    return jittered(rng, matrix, np.array([x, y], np.float32), 1.0, 0.05 * width, 1.0)


def _into_the_frame(rng: np.random.Generator, canvas: Canvas, sheet: RgbImage) -> Float32Array:
    """The map that fits the sheet into the portrait's frame, corner to corner."""
    quad = canvas.base.frame_quad
    size = float(np.ptp(quad[:, 0]))
    corners = (quad - quad.mean(0)) * float(rng.uniform(0.88, 1.12)) + quad.mean(0) + rng.normal(0, 0.02 * size, 2)
    wished = (corners + rng.normal(0, 0.006 * size, (4, 2))).astype(np.float32)
    wh = sheet.shape[1], sheet.shape[0]
    return np.asarray(cv2.getPerspectiveTransform(corners_of((0, 0, *wh)), wished), np.float32)


def _head_alpha(rng: np.random.Generator, donor: Portrait) -> Float32Array:
    manner = rng.random()
    matte = np.asarray(donor.matte, np.float32) / np.float32(255)
    if manner < 0.55:
        return matte if rng.random() < 0.5 else np.asarray(matte > rng.uniform(0.2, 0.7), np.float32)
    oval = _oval(rng, donor, 0.42, (0.55, 0.8), (0.62, 0.85))
    if manner < 0.75:
        x, y, width, height = donor.face_xywh
        shoulders = round(x + width / 2), round(y + 1.7 * height)
        cv2.ellipse(oval, shoulders, (round(width), round(0.6 * height)), 0, 0, 360, 1.0, -1)
    return oval if rng.random() < 0.6 else np.asarray(cv2.multiply(oval, matte), np.float32)


def _face_alpha(rng: np.random.Generator, donor: Portrait) -> Float32Array:
    """The face's outline, slightly enlarged or shrunk, or an oval around eyes, nose and mouth."""
    if rng.random() < 0.6:
        middle = donor.outline.mean(0)
        outline = (donor.outline - middle) * rng.uniform(*_FACE_SIZES, 2) + middle
        return pixels.polygon(donor.image.shape, np.asarray(outline, np.float32))
    return _oval(rng, donor, 0.54, (0.36, 0.5), (0.36, 0.5))


def _oval(
    rng: np.random.Generator, donor: Portrait, middle: float, across: tuple[float, float], along: tuple[float, float]
) -> Float32Array:
    """An ellipse on the face: centre as a share of the face's height, radii as shares of its width and height."""
    x, y, width, height = donor.face_xywh
    oval = np.zeros(donor.image.shape[:2], np.float32)
    radii = round(float(rng.uniform(*across)) * width), round(float(rng.uniform(*along)) * height)
    cv2.ellipse(oval, (round(x + width / 2), round(y + middle * height)), radii, 0, 0, 360, 1.0, -1)
    return oval


def _cloned(
    rng: np.random.Generator, canvas: Canvas, picture: RgbImage, alpha: Float32Array, matrix: Float32Array
) -> Laid:
    """Gradient-domain cloning; feathered if the mask is too small for it or leaves the photo."""
    wh = canvas.photo.shape[1], canvas.photo.shape[0]
    mask = np.where(warp(alpha, matrix, wh, cv2.BORDER_CONSTANT) > 0.5, 255, 0).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(mask)
    inside = min(x, y) > 1 and x + width < wh[0] - 1 and y + height < wh[1] - 1
    if not inside or min(width, height) < SMALLEST_CLONED_PX:
        return _fitted(rng, canvas, picture, alpha, matrix, "matched_face")
    if rng.random() < 0.4:
        picture = retouched(rng, picture, 1)
    if canvas.grey and rng.random() < 0.9:
        picture = pixels.to_bytes(pixels.grey(pixels.as_float(picture)))
    over = warp(picture, matrix, wh)
    if rng.random() < _SHARPNESS_MATCHED_SHARE:
        over = _in_its_sharpness(rng, over, canvas.base.image, mask > 0)
    manner = cv2.NORMAL_CLONE if rng.random() < 0.85 else cv2.MIXED_CLONE
    return cloned(canvas, over, mask, "matched_face", manner)


def _laid(
    rng: np.random.Generator, canvas: Canvas, picture: RgbImage, alpha: Float32Array, matrix: Float32Array, species: str
) -> Laid:
    if rng.random() < 0.4:
        picture = retouched(rng, picture, 2)
    wh = canvas.photo.shape[1], canvas.photo.shape[0]
    over = warp(picture, matrix, wh)
    covered = warp(alpha, matrix, wh, cv2.BORDER_CONSTANT)
    softness = float(rng.choice([0.0, 0.5, 1.0, 2.0], p=[0.45, 0.25, 0.2, 0.1])) * max(0.5, scale_of(matrix))
    covered = pixels.blur(covered, softness) if softness else np.asarray(covered > 0.5, np.float32)
    photo = pixels.blend(canvas.photo, pixels.as_float(over), covered)
    return Laid(photo, covered, species)


def _fitted(
    rng: np.random.Generator, canvas: Canvas, picture: RgbImage, alpha: Float32Array, matrix: Float32Array,
    species: str, softness_px: float = 0.0,
) -> Laid:  # fmt: skip
    """Pasted with the mean and spread of its Lab colours matched to those of what it covers."""
    wh = canvas.photo.shape[1], canvas.photo.shape[0]
    if rng.random() < 0.3:
        picture = retouched(rng, picture, 1)
    over, covered = warp(picture, matrix, wh), warp(alpha, matrix, wh, cv2.BORDER_CONSTANT)
    inside = covered > 0.5
    if inside.sum() > _FEWEST_PX:
        ours, theirs = (
            cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (over, canvas.base.image)
        )
        stretch = np.clip(theirs[inside].std(0) / (ours[inside].std(0) + 1), 0.3, 1.7)
        matched = (ours - ours[inside].mean(0)) * stretch + theirs[inside].mean(0)
        mixed = np.clip(ours + float(rng.uniform(0.85, 1)) * (matched - ours), 0, 255).astype(np.uint8)
        over = np.asarray(cv2.cvtColor(mixed, cv2.COLOR_LAB2RGB), np.uint8)
        if rng.random() < _SHARPNESS_MATCHED_SHARE:
            over = _in_its_sharpness(rng, over, canvas.base.image, inside)
    covered = pixels.blur(covered, softness_px or float(rng.choice([0.4, 0.8, 1.6])))
    return Laid(pixels.blend(canvas.photo, pixels.as_float(over), covered), covered, species)


def _in_its_sharpness(
    rng: np.random.Generator, over: RgbImage, host: RgbImage, inside: npt.NDArray[np.bool_]
) -> RgbImage:
    """Matches the fine detail of what is covered: blurred if sharper, with grain if smoother."""
    wanted, there = (_fine_detail(image, inside) for image in (host, over))
    sharp = over
    for sigma_px in _BLURS_PX:
        if there <= wanted:
            break
        over = np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma_px), np.uint8)
        there = _fine_detail(over, inside)
    missing = float(np.sqrt(max(0.0, wanted**2 - there**2)))
    grain = pixels.noise(rng, over.shape[:2], missing * float(rng.uniform(0.4, 1.1)), float(rng.uniform(0.3, 1)), 0.2)
    return pixels.to_bytes(np.asarray(cv2.add(pixels.as_float(over), grain), np.float32))


def _fine_detail(image: RgbImage, inside: npt.NDArray[np.bool_]) -> float:
    """Standard deviation of what a narrow blur removes, in grey levels."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.0))[inside].std())
