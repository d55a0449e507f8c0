"""A genuine photo and an attack on it, made during training: both get the same marks, light and file chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Box, Float32Array, RgbImage
from img_super.lab.forging import marks
from img_super.lab.forging.base import Base
from img_super.lab.forging.canvas import Canvas, canvas_of
from img_super.lab.forging.chain import FileStep, draw_chain, passed_on
from img_super.lab.forging.eigenfaces import EigenFaces
from img_super.lab.forging.laid import Laid
from img_super.lab.forging.pastes import crude_head, crude_photo, matched_face, matched_head, matched_photo
from img_super.lab.forging.retouch import KERNELS, retouched
from img_super.lab.forging.tool_swaps import Redraw, self_swap, tool_swap
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import onto, shifted
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions import draw_attack, on_photo
from img_super.pipeline.crop import crop_box, cut_out, resize_to_input

Random = np.random.Generator

SPECIES_SHARES: Final[Mapping[str, float]] = {
    "crude_photo": 0.1, "crude_head": 0.06, "matched_photo": 0.16, "matched_head": 0.11, "matched_face": 0.14,
    "tool_swap": 0.17, "self_swap": 0.06, "pasted_head": 0.08, "pasted_photo": 0.06, "face_swap": 0.06,
}  # fmt: skip
_PASTES: Final[Mapping[str, Callable[[Random, Canvas, Portrait], Laid]]] = {
    "crude_photo": crude_photo, "crude_head": crude_head, "matched_photo": matched_photo, "matched_head": matched_head,
    "matched_face": matched_face,
}  # fmt: skip
MASK_SIDE_PX: Final = 56
_CROP_PX: Final = (150.0, 620.0)
"""Width of a crop in the photo being forged."""

_SMALLEST_CROP_PX: Final = 110.0


@dataclass(frozen=True, slots=True)
class Stock:
    """The material for attacks.

    Attributes:
        donors: people.
        faces: a model of their faces.
        redraw: draws a face once more, as a network does.
        variants: by the base's document: its portrait in the same pose and light, with another face.
    """

    donors: Sequence[Portrait]
    faces: EigenFaces
    redraw: Redraw | None = None
    variants: Mapping[str, Sequence[Portrait]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Crops uint8 [side, side, 3], genuine and forged, and where the second is (uint8 [56, 56])."""

    genuine: RgbImage
    attack: RgbImage
    mask: npt.NDArray[np.uint8]
    species: str


def forged_pair(rng: Random, base: Base, donor: Portrait, stock: Stock, side_px: int, species: str = "") -> Pair:
    """A crop of the base and one of an attack on it; the species is drawn from `SPECIES_SHARES` unless given."""
    base = _resized(rng, base)
    photo = _before(rng, pixels.as_float(base.image), base)
    base = replace(base, person=replace(base.person, image=pixels.to_bytes(photo)))
    canvas = canvas_of(rng, base)
    species = species or str(rng.choice(list(SPECIES_SHARES), p=list(SPECIES_SHARES.values())))
    laid = _attacked(rng, canvas, donor, stock, species)
    genuine = pixels.as_float(retouched(rng, base.image, 2)) if rng.random() < 0.3 else canvas.photo
    crop_px = float(crop_box(_face_box(base)).width)
    steps = draw_chain(rng, min(1.0, _SMALLEST_CROP_PX / crop_px))
    view, after = _view(rng, base), int(rng.integers(2**31))
    kernel = int(rng.choice([-1, *KERNELS], p=[0.6, 0.1, 0.1, 0.1, 0.1]))
    finish = (base, steps, view, side_px, kernel)
    first, _ = _finished(np.random.default_rng(after), genuine, None, *finish)
    second, mask = _finished(np.random.default_rng(after), laid.photo, laid.mask, *finish)
    if rng.random() < 0.5:
        first, second, mask = (np.ascontiguousarray(each[:, ::-1]) for each in (first, second, mask))
    return Pair(first, second, mask, laid.species)


def _attacked(rng: Random, canvas: Canvas, donor: Portrait, stock: Stock, species: str) -> Laid:
    if species in _PASTES:
        return _PASTES[species](rng, canvas, donor)
    if species == "tool_swap":
        return tool_swap(rng, canvas, donor, stock.faces, stock.redraw)
    if species == "self_swap":
        return self_swap(rng, canvas, stock.faces, stock.redraw)
    attack = draw_attack(rng, species, donor, canvas.card, ("photo",))
    photo, mask = on_photo(rng, canvas.photo, canvas.card, attack, canvas.to_photo)
    return Laid(photo, mask, species)


def _resized(rng: Random, base: Base) -> Base:
    """The base at about the scale at which the service crops portraits; never enlarged."""
    crop_px = crop_box(_face_box(base)).width
    wanted = float(np.exp(rng.uniform(*np.log(_CROP_PX))))
    scale = wanted / crop_px
    if scale > 0.85:
        return base
    person = base.person
    wh = max(32, round(person.wh[0] * scale)), max(32, round(person.wh[1] * scale))
    image, matte = (pixels.reduced(plane, wh) for plane in (person.image, person.matte))
    x, y, width, height = (value * scale for value in person.face_xywh)
    smaller = replace(
        person, image=image, matte=matte, face_xywh=(x, y, width, height),
        landmarks=_scaled(person.landmarks, scale), outline=_scaled(person.outline, scale),
    )  # fmt: skip
    return replace(base, person=smaller, frame_quad=_scaled(base.frame_quad, scale))


def _scaled(points: Float32Array, scale: float) -> Float32Array:
    return np.asarray((points + 0.5) * scale - 0.5, np.float32)


def _before(rng: Random, photo: Float32Array, base: Base) -> Float32Array:
    """What precedes the forgery: light, shadows, fingers, edited text, high-contrast copies."""
    if rng.random() < 0.08:
        photo = marks.copied(rng, photo)
    elif rng.random() < 0.12:
        photo = pixels.grey(photo)
    if rng.random() < 0.18:
        photo = marks.under_other_light(rng, photo)
    for share, mark in _MARKS:
        if rng.random() < share:
            photo = np.asarray(np.clip(mark(rng, photo, base), 0, 255), np.float32)
    return photo


_MARKS: Final[tuple[tuple[float, Callable[[Random, Float32Array, Base], Float32Array]], ...]] = (
    (0.1, marks.shadowed), (0.1, marks.with_finger), (0.15, marks.edited_elsewhere), (0.08, marks.with_sticker),
)  # fmt: skip


def _after(rng: Random, photo: Float32Array) -> Float32Array:
    """Changes to the finished image, forged or not."""
    if rng.random() < 0.35:
        photo = marks.relit(rng, photo)
    if rng.random() < 0.08:
        photo = marks.under_other_light(rng, photo)
    if rng.random() < 0.05:
        photo = marks.copied(rng, photo)
    return photo


@dataclass(frozen=True, slots=True)
class _View:
    """How the crop deviates from the detector's: shift in crop sides, size, rotation."""

    shift_xy: tuple[float, float]
    scale: float
    turn_deg: float


def _view(rng: Random, base: Base) -> _View:
    shift = rng.normal(0, 0.025, 2)
    turned = float(rng.normal(0, 2.5)) if rng.random() < 0.3 else 0.0
    return _View((float(shift[0]), float(shift[1])), float(np.exp(rng.normal(0, 0.07))), turned)


def _finished(
    rng: Random, photo: Float32Array, mask: Float32Array | None, base: Base, steps: tuple[FileStep, ...], view: _View,
    side_px: int, kernel: int,
) -> tuple[RgbImage, npt.NDArray[np.uint8]]:  # fmt: skip
    image, moved = passed_on(pixels.to_bytes(_after(rng, photo)), steps)
    box = _viewed(onto(moved, _corners(base)), view)
    image, turning = _turned(image, box, view.turn_deg)
    crop = cut_out(image, box)
    crop = resize_to_input(crop, side_px) if kernel < 0 else _by(kernel, crop, side_px)
    if mask is None:
        return crop, np.zeros((MASK_SIDE_PX, MASK_SIDE_PX), np.uint8)
    scale = MASK_SIDE_PX / box.width
    to_mask = np.diag([scale, scale, 1]) @ shifted(-box.x_min, -box.y_min) @ turning @ moved
    small = cv2.warpPerspective(
        pixels.blur(mask, 0.4 / scale if scale < 1 else 0.0), to_mask, (MASK_SIDE_PX, MASK_SIDE_PX)
    )
    return crop, np.round(255 * np.clip(small, 0, 1)).astype(np.uint8)


def _by(kernel: int, crop: RgbImage, side_px: int) -> RgbImage:
    return np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=kernel), np.uint8)


def _turned(image: RgbImage, box: Box, degrees: float) -> tuple[RgbImage, Float32Array]:
    if not degrees:
        return image, np.eye(3, dtype=np.float32)
    matrix = cv2.getRotationMatrix2D(box.centre_xy, degrees, 1.0)
    turned = cv2.warpAffine(image, matrix, image.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.uint8), np.asarray(np.vstack([matrix, [0, 0, 1]]), np.float32)


def _viewed(corners: Float32Array, view: _View) -> Box:
    """The square crop around the face with these corners."""
    low, high = corners.min(0), corners.max(0)
    square = crop_box(Box.from_xywh(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])))
    side = max(8, round(square.width * view.scale))
    x = round(square.centre_xy[0] + view.shift_xy[0] * side - side / 2)
    y = round(square.centre_xy[1] + view.shift_xy[1] * side - side / 2)
    return Box(x, y, x + side, y + side)


def _corners(base: Base) -> Float32Array:
    x, y, width, height = base.person.face_xywh
    return np.array([[x, y], [x + width, y + height]], np.float32)


def _face_box(base: Base) -> Box:
    return Box.from_xywh(*base.person.face_xywh)
