"""The camera position: the map from the card's pixels to the photo's, and the curl of the card."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import cv2
import numpy as np

from img_super.domain import Float32Array, Float64Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import corners_of, onto, scale_of, shifted, warp, without_aliasing
from img_super.lab.synthesis.pixels import Pixels

ASPECTS: Final = (4 / 3, 3 / 4, 16 / 9, 9 / 16, 1.0)
CROP_SIDES: Final = 4.5
"""Photos less wide than so many faces are crops around the face; wider ones show a composed photo of the card."""

_FLAT_KINDS: Final = ("scanner", "copier")


class WithPortrait(Protocol):
    """What a view needs of a card."""

    @property
    def image(self) -> Float32Array: ...
    @property
    def landmarks(self) -> Float32Array: ...
    @property
    def face_width_px(self) -> float: ...


@dataclass(frozen=True, slots=True)
class View:
    """The camera position."""

    card_to_photo: tuple[float, ...]  # the projective map, nine values by rows, from the card's pixels to the photo's
    wh: tuple[int, int]  # the photo's size
    face_width_px: float  # the approximate face width in the photo
    # face_x_px, face_y_px: its centre in the photo
    face_x_px: float
    face_y_px: float
    # Deviation of the card from a plane, in face widths at one face width from the portrait's centre; zero at the
    # centre, so that the map holds there.
    curl: float
    curl_deg: float  # direction of the bend
    ripple: float  # amplitude of a wave along that direction, face widths

    @property
    def matrix(self) -> Float32Array:
        return np.array(self.card_to_photo, np.float32).reshape(3, 3)

    @property
    def bends(self) -> bool:
        return self.curl != 0 or self.ripple != 0


def draw_view(
    rng: np.random.Generator, card: WithPortrait, face_width_px: float, sides: float = 3.1, kind: str = "phone"
) -> View:
    """A view in which the face is `face_width_px` wide and the photo `sides` faces; scans (`kind`) lie flat."""
    tilt, turn, shift, spot = rng.normal(0, 1, 2), rng.normal(0, 1), rng.normal(0, 1, 2), rng.uniform(0, 1, 2)
    steep, askew, distance = rng.random() < 0.15, rng.random() < 0.15, float(np.exp(rng.uniform(np.log(6), np.log(22))))
    aspect = float(rng.choice(ASPECTS, p=(0.35, 0.3, 0.1, 0.15, 0.1)))
    curl, ripple, curl_deg = _draw_curl(rng)
    flat = kind in _FLAT_KINDS
    tilt_deg = np.clip(tilt * (16 if steep else 7), -32, 32) * (not flat)
    turn_deg = float(np.clip(turn * (8.5 if askew else 3.5), -18, 18)) * (0.4 if flat else 1)
    middle = card.landmarks.mean(0)
    plane = _tilted_plane(tilt_deg, turn_deg, distance) @ np.diag([1 / card.face_width_px, 1 / card.face_width_px, 1])
    plane = np.diag([face_width_px, face_width_px, 1]) @ plane @ shifted(-float(middle[0]), -float(middle[1]))
    width = round(face_width_px * sides)
    wh = (width, width) if sides <= CROP_SIDES else (width, round(width / aspect))
    face = np.asarray(np.array(wh) / 2 + shift * 0.05 * face_width_px, np.float32)
    if sides > CROP_SIDES:
        face = _composed(np.asarray(plane, np.float32), card, wh, spot, face_width_px)
    matrix = shifted(float(face[0]), float(face[1])) @ plane
    numbers = tuple(float(value) for value in (matrix / matrix[2, 2]).ravel())
    return View(
        numbers, wh, face_width_px, float(face[0]), float(face[1]),
        0.0 if flat else curl, curl_deg, 0.0 if flat else ripple,
    )  # fmt: skip


def _draw_curl(rng: np.random.Generator) -> tuple[float, float, float]:
    curl, ripple, degrees = rng.normal(0, 0.012), rng.uniform(0.002, 0.012), rng.uniform(0, 360)
    bends, waves = rng.random() < 0.4, rng.random() < 0.12
    return float(curl) * bends, float(ripple) * waves, float(degrees)


def _tilted_plane(tilt_deg: Float64Array, turn_deg: float, distance: float) -> Float32Array:
    """A tilted plane seen by a pinhole `distance` face widths away; its origin is fixed, at scale 1."""
    pitch, yaw, roll = np.radians([*tilt_deg, turn_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned = about_x @ about_y @ about_z
    turned[2] /= distance
    return np.asarray(np.column_stack([turned[:, 0], turned[:, 1], [0, 0, 1]]), np.float32)


def _composed(
    plane: Float32Array, card: WithPortrait, wh: tuple[int, int], spot: Float64Array, face_width_px: float
) -> Float32Array:
    """The face's position in a photo of the whole card: the card is inside if it fits, the face always."""
    corners = onto(plane, corners_of((0, 0, *card.image.shape[1::-1])))
    low, high = -corners.min(0), np.array(wh) - corners.max(0)
    face = np.where(low <= high, low + (high - low) * spot, (low + high) / 2)
    return np.asarray(np.clip(face, face_width_px, np.array(wh) - face_width_px), np.float32)


def look_at(image: Pixels, view: View, border: int = cv2.BORDER_REPLICATE) -> Pixels:
    """The camera's view of something on the card (the card, its gloss, a mask); bytes stay bytes."""
    if not view.bends:
        return warp(image, view.matrix, view.wh, border)
    image = without_aliasing(image, scale_of(view.matrix))
    bent = cv2.remap(image, *bent_map(view), cv2.INTER_LINEAR, borderMode=border)
    return bent.astype(image.dtype, copy=False)


@lru_cache(1)  # shared by both photos of a pair, their gloss and the mask
def bent_map(view: View) -> tuple[Float32Array, Float32Array]:
    """The position on the bent card of every pixel of the photo."""
    inverse = np.linalg.inv(view.matrix.astype(np.float64))
    x = np.arange(view.wh[0], dtype=np.float32)[None]
    y = np.arange(view.wh[1], dtype=np.float32)[:, None]
    rows = inverse.astype(np.float32)
    depth = np.reciprocal(rows[2, 0] * x + (rows[2, 1] * y + rows[2, 2]))
    card_x = (rows[0, 0] * x + (rows[0, 1] * y + rows[0, 2])) * depth
    card_y = (rows[1, 0] * x + (rows[1, 1] * y + rows[1, 2])) * depth
    lift_x, lift_y = _lift(view, card_x, card_y)
    return card_x + lift_x, card_y + lift_y


def _lift(view: View, card_x: Float32Array, card_y: Float32Array) -> tuple[Float32Array, Float32Array]:
    """The displacement by bending in card pixels, perpendicular to the direction along which it grows."""
    face = onto(np.linalg.inv(view.matrix), np.array([[view.face_x_px, view.face_y_px]], np.float32))[0]
    face_px = view.face_width_px / scale_of(view.matrix)
    cos, sin = np.cos(np.radians(view.curl_deg)), np.sin(np.radians(view.curl_deg))
    along = (card_x - face[0]) * np.float32(cos / face_px) + (card_y - face[1]) * np.float32(sin / face_px)
    lift = np.float32(view.curl * face_px) * along * along
    if view.ripple:
        lift = lift + np.float32(view.ripple * face_px) * (np.cos(along * np.float32(2.4)) - 1)
    return np.asarray(-np.float32(sin) * lift, np.float32), np.asarray(np.float32(cos) * lift, np.float32)


def card_alpha(shape: tuple[int, ...], view: View, round_share: float) -> Float32Array:
    """Where the photo shows the card, 0 to 1; the corner radius is relative to the shorter side."""
    outline = rounded_outline(shape, round_share)
    if view.bends:
        lift_x, lift_y = _lift(view, outline[:, 0], outline[:, 1])
        outline = np.asarray(outline - np.column_stack([lift_x, lift_y]), np.float32)
    return pixels.polygon(view.wh[::-1], onto(view.matrix, outline))


def rounded_outline(shape: tuple[int, ...], round_share: float) -> Float32Array:
    """A card's outline in its own pixels, float32 [n, 2], including points along the sides."""
    height, width = shape[:2]
    radius = max(0.01, round_share * min(width, height))
    arc = np.radians(np.arange(0, 91, 15))
    corners = []
    for number, (x, y) in enumerate(((1, 1), (0, 1), (0, 0), (1, 0))):
        angles = arc + np.pi / 2 * number
        centre = (radius + x * (width - 2 * radius), radius + y * (height - 2 * radius))
        corners.append(np.column_stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)]))
    steps = np.linspace(0, 1, 10)[1:-1, None]
    sides = [corner[-1] + steps * (corners[(number + 1) % 4][0] - corner[-1]) for number, corner in enumerate(corners)]
    return np.asarray(np.concatenate([part for pair in zip(corners, sides, strict=True) for part in pair]), np.float32)
