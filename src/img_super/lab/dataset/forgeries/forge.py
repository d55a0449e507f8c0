"""The species, each crude and careful, and what is done to genuine photos so that having been edited tells nothing."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from img_super.domain import Box, RgbImage
from img_super.lab.dataset.forgeries.landmarked_face import (
    TEMPLATE_112,
    LandmarkedFace,
    Mask,
    Matrix,
    moved,
    onto_landmarks,
)
from img_super.lab.dataset.forgeries.likeness import fitted_in, in_its_focus, in_its_light
from img_super.lab.dataset.forgeries.shapes import cut_head, inner_face, oval_head, photo_shape
from img_super.lab.dataset.jpeg import saved

Random = np.random.Generator

CONTROLS: Final = ("untouched", "edit_elsewhere", "saved_again")
SPECIES: Final = tuple(
    f"{name}_{care}"
    for name in ("pasted_head", "pasted_photo", "face_swap", "tool_swap")
    for care in ("crude", "careful")
)
_TOOL_PX: Final = 128
_LETTERS: Final = tuple("ABCDEKLMNORST0123456789")


def forge(rng: Random, species: str, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace) -> RgbImage:
    """Lay the donor over the host in `photo`.

    Args:
        species: one of `SPECIES`.
        photo: the pixels that `host` is measured in.
        host: the portrait in the photo; its `image` is not read.
        donor: another person.

    Raises `ValueError`: an unknown species, or faces that cannot be laid onto each other.
    """
    name, _, care = species.rpartition("_")
    if name not in _FORGERIES:
        raise ValueError(f"unknown species {species}")
    return _FORGERIES[name](rng, photo, host, donor, care == "careful")


def left_genuine(rng: Random, control: str, photo: RgbImage, face: Box) -> RgbImage:
    """The photo after one of the `CONTROLS`, which lays nothing over the portrait. Raises `ValueError`."""
    if control == "untouched":
        return photo
    if control == "saved_again":
        return saved(photo, int(rng.integers(55, 80)))
    if control == "edit_elsewhere":
        return _edited_elsewhere(rng, photo, face)
    raise ValueError(f"unknown control {control}")


def _pasted_head(rng: Random, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace, careful: bool) -> RgbImage:
    matrix = onto_landmarks(donor.landmarks, host.landmarks)
    mask = moved(cut_head(donor) if careful or rng.random() < 0.5 else oval_head(donor), matrix, photo)
    head = moved(donor.image, matrix, photo)
    if careful:
        inside = np.asarray(cv2.erode(mask, np.ones((3, 3), np.uint8)), np.uint8)
        return _over(photo, fitted_in(rng, head, photo, mask), inside, float(rng.choice([0.8, 1.2, 2])))
    if rng.random() < 0.6:
        head = in_its_light(head, photo, mask, float(rng.uniform(0.6, 1)))
    return _over(photo, head, mask, 0.0 if rng.random() < 0.6 else 0.6)


def _pasted_photo(rng: Random, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace, careful: bool) -> RgbImage:
    shape, corner, opposite = photo_shape(rng, donor)
    picture, matrix = donor.image, onto_landmarks(donor.landmarks, host.landmarks)
    if careful:
        mask = moved(shape, matrix, photo)
        overlay = fitted_in(rng, moved(picture, matrix, photo), photo, mask)
        return _over(photo, overlay, mask, float(rng.choice([0.6, 1.2])))
    if rng.random() < 0.3:
        edge = max(2, round(0.03 * (opposite[0] - corner[0])))
        picture = np.asarray(cv2.rectangle(picture.copy(), corner, opposite, (248, 248, 246), edge), np.uint8)
    if rng.random() < 0.4:
        matrix[:, :2] *= rng.uniform(1.0, 1.15)
    mask, overlay, colours = moved(shape, matrix, photo), moved(picture, matrix, photo), rng.random()
    if 0.35 < colours < 0.6:
        overlay = np.repeat(cv2.cvtColor(overlay, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    elif colours >= 0.6:
        overlay = in_its_light(overlay, photo, mask, float(rng.uniform(0.5, 1)))
    return _over(photo, overlay, mask, 0.0)


def _face_swap(rng: Random, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace, careful: bool) -> RgbImage:
    matrix = onto_landmarks(donor.landmarks, host.landmarks, with_shear=careful and rng.random() < 0.5)
    mask = moved(inner_face(donor, float(rng.choice([0.0, 0.03]))), matrix, photo)
    face = moved(donor.image, matrix, photo)
    if not careful:
        if rng.random() < 0.7:
            face = in_its_light(face, photo, mask, float(rng.uniform(0.5, 1)))
        return _over(photo, face, mask, float(rng.choice([0.6, 1.5, 3])))
    if rng.random() < 0.5:
        return _by_gradients(photo, in_its_focus(in_its_light(face, photo, mask), photo, mask), mask)
    inside = np.asarray(cv2.erode(mask, np.ones((5, 5), np.uint8)), np.uint8)
    return _over(photo, fitted_in(rng, face, photo, mask), inside, 0.05 * host.face_xywh[2])


def _tool_swap(rng: Random, photo: RgbImage, host: LandmarkedFace, donor: LandmarkedFace, careful: bool) -> RgbImage:
    """A swapper's square of 128 px; careful: drawn finer by a restorer before it is laid back."""
    template = TEMPLATE_112 * (_TOOL_PX / 128) + np.array([8 * _TOOL_PX / 128, 0], np.float32)
    to_square = onto_landmarks(host.landmarks, template)
    square = np.zeros((_TOOL_PX, _TOOL_PX, 3), np.uint8)
    base = moved(photo, to_square, square)
    face = moved(donor.image, onto_landmarks(donor.landmarks, template), square)
    inside = np.zeros((_TOOL_PX, _TOOL_PX), np.uint8)
    cv2.ellipse(inside, (64, 70), (38, 51), 0, 0, 360, 255, -1)
    swap = np.asarray(
        cv2.GaussianBlur(_over(base, in_its_light(face, base, inside), inside, 8.0), (0, 0), 0.7), np.uint8
    )
    if careful:
        finer = cv2.resize(swap, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        smooth = cv2.edgePreservingFilter(finer, flags=1, sigma_s=10, sigma_r=0.12)
        swap = np.asarray(cv2.detailEnhance(smooth, sigma_s=6, sigma_r=0.1), np.uint8)
    return _laid_back(photo, swap, to_square)


def _laid_back(photo: RgbImage, square: RgbImage, to_square: Matrix) -> RgbImage:
    """Through the mask of the whole square: eroded by a tenth of its side, then blurred."""
    back = np.asarray(cv2.invertAffineTransform(to_square), np.float64)
    back[:, :2] /= len(square) / _TOOL_PX
    wh = photo.shape[1::-1]
    patch = cv2.warpAffine(square, back, wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.where(cv2.warpAffine(np.full(square.shape[:2], 255, np.uint8), back, wh) > 20, 255, 0).astype(np.uint8)
    side = float(np.sqrt(np.count_nonzero(mask)))
    eroded = cv2.erode(mask, np.ones((max(3, round(side / 10)),) * 2, np.uint8))
    return _over(photo, np.asarray(patch, np.uint8), np.asarray(eroded, np.uint8), max(0.8, side / 60))


def _over(photo: RgbImage, patch: RgbImage, mask: Mask, softness_px: float) -> RgbImage:
    soft = mask.astype(np.float32) / 255
    alpha = (cv2.GaussianBlur(soft, (0, 0), softness_px) if softness_px else np.round(soft))[:, :, None]
    return np.round(photo * (1 - alpha) + patch * alpha).astype(np.uint8)


def _by_gradients(photo: RgbImage, patch: RgbImage, mask: Mask) -> RgbImage:
    """Source: P. Perez et al., "Poisson Image Editing", 2003."""
    x, y, width, height = cv2.boundingRect(mask)
    reaches_out = min(x, y) < 2 or x + width > photo.shape[1] - 2 or y + height > photo.shape[0] - 2
    if reaches_out or min(width, height) < 8:
        return _over(photo, patch, mask, 1.5)
    centre = (x + width // 2, y + height // 2)
    return cv2.seamlessClone(patch, photo, mask, centre, cv2.NORMAL_CLONE).astype(np.uint8, copy=False)


def _edited_elsewhere(rng: Random, photo: RgbImage, face: Box) -> RgbImage:
    """A field of the card painted over and written anew, where neither face nor hair is."""
    edited = photo.copy()
    middle, size = np.array(face.centre_xy), np.array([face.width, face.height])
    for _ in range(20):
        width, height = round(face.width * rng.uniform(0.5, 1.2)), max(6, round(face.width * rng.uniform(0.1, 0.22)))
        x, y = (int(value) for value in middle + size * rng.uniform(-1.6, 1.6, 2))
        inside = x >= 0 and y >= 0 and x + width < photo.shape[1] and y + height < photo.shape[0]
        distance = np.abs((np.array([x + width / 2, y + height / 2]) - middle) / size)
        if inside and (distance[0] > 0.85 + width / size[0] / 2 or distance[1] > 1.0 + height / size[1] / 2):
            _write(rng, edited[y : y + height, x : x + width])
            break
    return edited


def _write(rng: Random, field: RgbImage) -> None:
    field[:] = np.median(field.reshape(-1, 3), axis=0)
    written = np.ascontiguousarray(field)
    text = "".join(rng.choice(_LETTERS, 8))
    size = field.shape[0] / 28
    cv2.putText(
        written, text, (1, round(0.8 * len(field))), cv2.FONT_HERSHEY_DUPLEX, size, (30, 30, 35), 1, cv2.LINE_AA
    )
    field[:] = written


_FORGERIES: Final[dict[str, Callable[[Random, RgbImage, LandmarkedFace, LandmarkedFace, bool], RgbImage]]] = {
    "pasted_head": _pasted_head, "pasted_photo": _pasted_photo, "face_swap": _face_swap, "tool_swap": _tool_swap,
}  # fmt: skip
