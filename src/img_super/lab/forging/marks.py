"""Marks that resemble a superimposition and are none; applied to genuine and forged photos alike.

Texts changed elsewhere on the card, stickers, fingers and shadows across the portrait, coloured light, hard copies.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.forging.base import Base
from img_super.lab.forging.retouch import recoloured
from img_super.lab.synthesis import pixels, printing

Random = np.random.Generator

_SKINS: Final = ((236, 198, 172), (222, 176, 146), (198, 146, 112), (160, 110, 80), (112, 74, 54), (80, 54, 42))
_LIGHTS: Final = ((1.0, 0.72, 0.8), (0.72, 0.82, 1.0), (1.0, 0.85, 0.6), (0.75, 1.0, 0.8), (0.9, 0.7, 1.0))
_FONTS: Final = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_TRIPLEX)


def under_other_light(rng: Random, photo: Float32Array) -> Float32Array:
    """One coloured light, or two from two sides; sometimes with the edge of a shadow."""
    hw = photo.shape[:2]
    light = np.array(_LIGHTS[int(rng.integers(len(_LIGHTS)))], np.float32)
    light = 1 + (light - 1) * float(rng.uniform(0.3, 1.3))
    field = pixels.enlarged(rng.uniform(0, 1, (3, 3)).astype(np.float32), (hw[1], hw[0]))[:, :, None]
    gains = light * field + (1 - field) * float(rng.uniform(0.8, 1.15))
    return np.asarray(np.clip(photo * gains, 0, 255), np.float32)


def shadowed(rng: Random, photo: Float32Array, base: Base) -> Float32Array:
    """A straight-edged shadow over part of the portrait."""
    x, y, width, height = base.person.face_xywh
    through = np.array([x, y]) + rng.uniform(-0.3, 1.3, 2) * (width, height)
    angle = float(rng.uniform(0, np.pi))
    along = np.array([np.cos(angle), np.sin(angle)])
    far, across = 4 * max(photo.shape), np.array([-along[1], along[0]])
    corners = np.array([through - far * along, through + far * along, through + far * (along + across),
                        through + far * (across - along)], np.float32)  # fmt: skip
    mask = pixels.polygon(photo.shape[:2], corners)
    mask = pixels.blur(mask, float(np.exp(rng.uniform(np.log(1.0), np.log(0.4 * width)))))
    return pixels.modulate(photo, np.asarray(1 - mask * float(rng.uniform(0.15, 0.6)), np.float32))


def with_finger(rng: Random, photo: Float32Array, base: Base) -> Float32Array:
    """A finger from the border of the picture to somewhere on the portrait's photo."""
    x, y, width, height = base.person.face_xywh
    middle = np.array([x + width / 2, y + height / 2])
    angle = float(rng.uniform(0, 2 * np.pi))
    away = np.array([np.cos(angle), np.sin(angle)])
    tip = middle + away * width * float(rng.uniform(0.35, 1.3)) + rng.normal(0, 0.2 * width, 2)
    thick = width * float(rng.uniform(0.25, 0.8))
    mask = np.zeros(photo.shape[:2], np.float32)
    ends = [tuple(int(value) for value in point) for point in (tip, tip + away * 6 * width + rng.normal(0, width, 2))]
    cv2.line(mask, ends[0], ends[1], 1.0, max(3, round(thick)), cv2.LINE_AA)
    depth = pixels.blur(mask, thick / 4)
    skin = np.array(_SKINS[int(rng.integers(len(_SKINS)))], np.float32) * float(rng.uniform(0.6, 1.1))
    grain = pixels.noise(rng, photo.shape, float(rng.uniform(1, 5)), float(rng.uniform(0.8, 2.5)), 0.3)
    finger = skin * (0.45 + 0.55 * depth[:, :, None]) + grain
    shade = pixels.blur(mask, thick / 3)
    out = pixels.modulate(photo, np.asarray(1 - 0.4 * float(rng.random()) * shade, np.float32))
    return pixels.blend(out, np.asarray(finger, np.float32), pixels.blur(mask, float(rng.uniform(0.5, 1.8))))


def edited_elsewhere(rng: Random, photo: Float32Array, base: Base) -> Float32Array:
    """A strip of the card outside the portrait, painted over and rewritten or replaced by another strip."""
    place = _strip(rng, photo, base)
    if place is None:
        return photo
    x, y, width, height = place
    out = photo.copy()
    part = out[y : y + height, x : x + width]
    manner = rng.random()
    if manner < 0.35:
        dx, dy = (int(value) for value in rng.integers(-width // 2, width // 2 + 1, 2))
        moved = np.roll(photo, (dy, dx), (0, 1))[y : y + height, x : x + width]
        part[:] = moved
    else:
        part[:] = cv2.GaussianBlur(part, (0, 0), max(1.0, height / 3)) if manner < 0.8 else part.max()
        _write(rng, part)
    return out


def with_sticker(rng: Random, photo: Float32Array, base: Base) -> Float32Array:
    """A sticker, a stamp of one colour or a strip of tape, beside the face; it may touch the photo's corner."""
    place = _strip(rng, photo, base)
    if place is None:
        return photo
    x, y, width, height = place
    mask = np.zeros(photo.shape[:2], np.float32)
    centre = (x + width // 2, y + height // 2)
    if rng.random() < 0.5:
        cv2.ellipse(mask, centre, (max(3, height), max(3, height)), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    else:
        box = cv2.boxPoints((centre, (width, 1.5 * height), float(rng.uniform(-30, 30))))
        cv2.fillConvexPoly(mask, np.round(box).astype(np.int32), 1.0, cv2.LINE_AA)
    colour = pixels.filled(photo.shape[:2], rng.uniform(0, 255, 3).astype(np.float32))
    return pixels.blend(photo, colour, mask * np.float32(rng.uniform(0.35, 1)))


def copied(rng: Random, photo: Float32Array) -> Float32Array:
    """A high-contrast grey photocopy."""
    grey = pixels.grey(photo)
    middle = float(rng.uniform(90, 150))
    hard = np.clip((grey - middle) * float(rng.uniform(1.2, 2.4)) + middle + float(rng.uniform(-10, 40)), 0, 255)
    if rng.random() < 0.5:
        return np.asarray(hard, np.float32)
    return printing.print_picture(np.asarray(hard, np.float32), printing.draw_print_process(rng, 0.9), rng)


def relit(rng: Random, photo: Float32Array) -> Float32Array:
    """Brightness, contrast and tint of the whole image."""
    return pixels.as_float(recoloured(rng, pixels.to_bytes(photo), 0.8))


def _strip(rng: Random, photo: Float32Array, base: Base) -> tuple[int, int, int, int] | None:
    """A strip clear of face and hair: x, y, width, height; None if there is no room."""
    fx, fy, fw, fh = base.person.face_xywh
    for _ in range(6):
        width, height = round(fw * float(rng.uniform(0.4, 1.4))), round(fh * float(rng.uniform(0.08, 0.22)))
        x = round(fx + fw / 2 + fw * float(rng.uniform(-1.6, 1.6)) - width / 2)
        y = round(fy + fh / 2 + fh * float(rng.uniform(-1.3, 1.5)) - height / 2)
        inside = x >= 0 and y >= 0 and x + width < photo.shape[1] and y + height < photo.shape[0]
        beside = x > fx + 1.3 * fw or x + width < fx - 0.3 * fw or y > fy + 1.6 * fh or y + height < fy - 0.6 * fh
        if inside and beside and min(width, height) >= 5:
            return x, y, width, height
    return None


def _write(rng: Random, part: Float32Array) -> None:
    letters = "ABCDEFGHIJKLMNOPRSTUVZ0123456789./-"
    text = "".join(letters[int(number)] for number in rng.integers(len(letters), size=int(rng.integers(4, 12))))
    font = int(rng.choice(_FONTS))
    size = part.shape[0] / 30
    ink = (float(rng.uniform(0, 90)),) * 3
    written = np.ascontiguousarray(part)
    cv2.putText(written, text, (2, round(0.8 * part.shape[0])), font, size, ink, max(1, round(1.5 * size)), cv2.LINE_AA)
    part[:] = written
