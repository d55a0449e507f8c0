"""The lens: blur, defocus, motion, chromatic aberration, vignetting. Works on linear light."""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.view import View
from img_super.lab.synthesis.geometry import slid


@dataclass(frozen=True, slots=True)
class Optics:
    """What the lens and the hand do."""

    blur_px: float  # sigma of the general softness, pixels
    defocus: float  # radius of the disc of confusion, face widths
    motion: float  # length of the motion blur, face widths; `motion_deg` its direction, `motion_bend` how curved
    motion_deg: float
    motion_bend: float
    fringe: float  # shift of red against blue at the portrait, face widths, along `fringe_deg`
    fringe_deg: float
    vignette: float  # loss at the far corner; `vignette_x`, `vignette_y` the axis, from the photo's middle, in widths
    vignette_x: float
    vignette_y: float


def draw_optics(rng: np.random.Generator, softness: float) -> Optics:
    """Draw the lens and the hand; `softness` is 1 for a good phone, higher for others."""
    trouble = str(rng.choice(["none", "defocus", "motion"], p=[0.8, 0.1, 0.1]))
    blur, defocus, motion = rng.normal(0, 0.45), rng.uniform(0.006, 0.035), rng.uniform(0.012, 0.07)
    fringe, axis = rng.uniform(0.001, 0.006), rng.normal(0, 0.5, 2)
    return Optics(
        blur_px=float(min(abs(blur) * softness, 2.6)),
        defocus=float(defocus) * (trouble == "defocus"),
        motion=float(motion) * (trouble == "motion"),
        motion_deg=float(rng.uniform(0, 180)),
        motion_bend=float(rng.normal(0, 0.25)),
        fringe=float(fringe) * bool(rng.random() < 0.3),
        fringe_deg=float(rng.uniform(0, 360)),
        vignette=float(rng.uniform(0, 0.55)) * bool(rng.random() < 0.5),
        vignette_x=float(axis[0]),
        vignette_y=float(axis[1]),
    )


def through_lens(light: Float32Array, view: View, optics: Optics) -> Float32Array:
    """The picture on the sensor."""
    face_px = view.face_width_px
    if optics.defocus * face_px > 0.6:
        light = _filtered(light, disc(optics.defocus * face_px))
    if optics.motion * face_px > 1.5:
        light = _filtered(light, smear(optics.motion * face_px, optics.motion_deg, optics.motion_bend))
    light = pixels.blur(light, optics.blur_px)
    if optics.fringe * face_px > 0.15:
        light = _fringed(light, optics.fringe * face_px, optics.fringe_deg)
    if optics.vignette > 0.02:
        light = pixels.modulate(light, _dark_corners(view, optics))
    return light


def _filtered(light: Float32Array, kernel: Float32Array) -> Float32Array:
    return np.asarray(cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32)


def disc(radius_px: float) -> Float32Array:
    """The kernel of a round aperture out of focus."""
    reach = int(np.ceil(radius_px))
    axis = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(axis[:, None], axis[None])
    kernel = np.clip(radius_px + 0.5 - distance, 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def smear(length_px: float, degrees: float, bend: float) -> Float32Array:
    """The kernel of a hand moving along a slightly curved path."""
    reach = int(np.ceil(length_px / 2)) + 1
    steps = np.linspace(-0.5, 0.5, 13)
    turn = np.radians(degrees)
    offset = bend * (4 * steps**2 - 0.5) * 0.5
    x = (steps * np.cos(turn) - offset * np.sin(turn)) * length_px + reach
    y = (steps * np.sin(turn) + offset * np.cos(turn)) * length_px + reach
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    path = np.round(np.column_stack([x, y]) * 16).astype(np.int32)
    cv2.polylines(kernel, [path], False, 255, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / np.float32(kernel.sum()), np.float32)


def _fringed(light: Float32Array, shift_px: float, degrees: float) -> Float32Array:
    """Red and blue slightly shifted: off the axis, a lens magnifies colours differently."""
    red, green, blue = (np.asarray(plane, np.float32) for plane in cv2.split(light))
    dx, dy = shift_px * np.cos(np.radians(degrees)), shift_px * np.sin(np.radians(degrees))
    return np.asarray(cv2.merge([slid(red, dx, dy), green, slid(blue, -dx, -dy)]), np.float32)


def _dark_corners(view: View, optics: Optics) -> Float32Array:
    wide, high = 24, max(4, round(24 * view.wh[1] / view.wh[0]))
    x = (np.arange(wide, dtype=np.float32) + 0.5) / wide - np.float32(0.5 + optics.vignette_x)
    y = ((np.arange(high, dtype=np.float32) + 0.5) / high - 0.5) * high / wide - optics.vignette_y
    squared = (x[None] ** 2 + y[:, None] ** 2) / 1.2
    field = np.asarray(1 - optics.vignette * np.clip(squared, 0, 1), np.float32)
    return np.asarray(cv2.resize(field, view.wh, interpolation=cv2.INTER_LINEAR), np.float32)
