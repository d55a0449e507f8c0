"""The photo of a card: what lies behind it, perspective, light, optics, sensor, and how the file is saved.

Both classes draw every value from the same distribution. A genuine photo, too, is saved, opened and saved again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels
from img_super.synthesis.cards import PrintedCard
from img_super.synthesis.layers import onto, warp

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands.

    Attributes:
        matrix: float32 [3, 3], from the card's pixels to the photo's.
        wh: the photo's size.
        face_width_px: how wide the face is in the photo, about.
    """

    matrix: FloatArray
    wh: tuple[int, int]
    face_width_px: float


def draw_view(rng: np.random.Generator, card: PrintedCard, face_width_px: float, sides: float = 3.1) -> View:
    """A view in which the face is `face_width_px` wide; the photo is cut to `sides` face widths around it."""
    side = round(face_width_px * sides)
    scale = face_width_px / card.face_width_px
    height, width = card.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.normal(0, 0.016, (4, 2)).astype(np.float32) * width
    perspective = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    degrees = float(rng.normal(0, 3.5))
    turned = np.vstack([cv2.getRotationMatrix2D((0.0, 0.0), degrees, scale), [0, 0, 1]]) @ perspective
    middle = onto(turned.astype(np.float32), card.landmarks.mean(0, keepdims=True))[0]
    shift = np.eye(3)
    shift[:2, 2] = side / 2 - middle + rng.normal(0, 0.05, 2) * face_width_px
    return View((shift @ turned).astype(np.float32), (side, side), face_width_px)


def photograph(rng: np.random.Generator, card: FloatArray, background: FloatArray, view: View) -> FloatArray:
    """The photo as the camera's software gives it, not yet saved; float32 RGB of the view's size."""
    inside = warp(np.ones(card.shape[:2], np.float32), view.matrix, view.wh, cv2.BORDER_CONSTANT)
    scene = _lay_on(rng, warp(card, view.matrix, view.wh), background, inside)
    scene = _light(rng, scene)
    scene = _optics(rng, scene)
    hw = scene.shape[:2]
    sigma = float(max(0.0, rng.uniform(-2, 9)))
    if sigma:
        shot = pixels.noise(rng, hw, sigma, float(rng.choice([0.0, 0.5, 0.9])), float(rng.uniform(0, 0.6)))
        scene = scene + shot * np.sqrt(0.3 + np.clip(scene, 0, 255) / 255)
    if rng.random() < 0.25:
        scene = np.asarray(cv2.bilateralFilter(np.clip(scene, 0, 255), 5, 18, 3), np.float32)
    scene = pixels.sharpen(scene, float(max(0.0, rng.uniform(-0.8, 1.2))), float(rng.uniform(0.6, 1.6)))
    return np.clip(scene, 0, 255)


def _lay_on(rng: np.random.Generator, card: FloatArray, background: FloatArray, inside: FloatArray) -> FloatArray:
    wh = (card.shape[1], card.shape[0])
    part = rng.uniform(0.3, 1.0) * min(background.shape[:2])
    x, y = (rng.uniform(0, size - part) for size in background.shape[1::-1])
    behind = pixels.resize(background[int(y) : int(y + part), int(x) : int(x + part)], wh)
    if rng.random() < 0.6:
        behind = behind * (1 - np.float32(rng.uniform(0, 0.6)) * pixels.blur(inside, rng.uniform(2, 12)))[:, :, None]
    return pixels.blend(behind, card, inside)


def _light(rng: np.random.Generator, scene: FloatArray) -> FloatArray:
    """Uneven light, bars of shadow, glare, the colour of the light, exposure."""
    hw = scene.shape[:2]
    shade = 1 + np.float32(rng.uniform(0, 0.22)) * pixels.smooth_field(rng, hw, int(rng.integers(2, 4)))
    if rng.random() < 0.3:
        shade = shade * _bars(rng, hw)
    tint = rng.normal(1, 0.06, 3).astype(np.float32)
    if rng.random() < 0.2:
        tint = rng.uniform(0.6, 1.15, 3).astype(np.float32)
    scene = scene * np.clip(shade, 0.2, 1.6)[:, :, None] * tint
    bright = float(np.percentile(pixels.luma(scene[::4, ::4]), 95))  # cameras expose for the bright parts
    scene = scene * np.float32(rng.uniform(140, 262) / max(bright, 20.0))
    if rng.random() < 0.2:
        glare = np.zeros(hw, np.float32)
        centre = tuple(int(v) for v in rng.uniform(0, 1, 2) * hw[::-1])
        axes = tuple(max(2, int(v)) for v in rng.uniform(0.03, 0.3, 2) * hw[0])
        cv2.ellipse(glare, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(40, 190)), -1)
        scene = scene + pixels.blur(glare, 0.07 * hw[0])[:, :, None]
    scene = 255 * np.power(np.clip(scene, 0, 255) / 255, np.float32(rng.uniform(0.8, 1.25)))
    return np.asarray(scene, np.float32)


def _bars(rng: np.random.Generator, hw: tuple[int, ...]) -> FloatArray:
    """Shadows with edges, as blinds, hands and phones throw them."""
    y, x = np.mgrid[0 : hw[0], 0 : hw[1]].astype(np.float32) / hw[0]
    angle, period = rng.uniform(0, 3.2), rng.uniform(0.3, 2.2)
    wave = np.sin((np.cos(angle) * x + np.sin(angle) * y) / period * 6.28 + rng.uniform(0, 6.28))
    edge = np.clip(wave * rng.uniform(2, 25) + rng.uniform(-1, 1), -1, 1)
    return np.asarray(1 - rng.uniform(0.2, 0.65) * (edge + 1) / 2, np.float32)


def _optics(rng: np.random.Generator, scene: FloatArray) -> FloatArray:
    kind = rng.random()
    if kind < 0.7:
        return pixels.blur(scene, float(np.abs(rng.normal(0, 1.0))))
    length = int(rng.integers(2, 9))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (0, int(rng.integers(0, length))), (length - 1, int(rng.integers(0, length))), 1.0, 1)
    if rng.random() < 0.5:
        kernel = kernel.T.copy()
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum()), np.float32)


def save(rng: np.random.Generator, photo: FloatArray, again: bool) -> FloatArray:
    """One save of the photo; the first is finer than those `again`, by messengers and editors."""
    quality = int(rng.integers(50, 97)) if again else int(rng.integers(72, 99))
    kind = "webp" if again and rng.random() < 0.15 else "jpeg"
    return pixels.save_and_read(photo, quality, kind, bool(rng.random() < 0.7))


def pass_on(rng: np.random.Generator, photo: FloatArray, mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What happens to the photo after the forger's desk: resizing and one or two saves; the mask goes along."""
    if rng.random() < 0.4:
        scale = float(rng.uniform(0.5, 1.15))
        wh = (max(64, round(photo.shape[1] * scale)), max(64, round(photo.shape[0] * scale)))
        photo, mask = pixels.resize(photo, wh), pixels.resize(mask, wh)
    for _ in range(int(rng.choice([1, 2], p=[0.6, 0.4]))):
        photo = save(rng, photo, again=True)
    return photo, mask
