"""The complete genuine card: design, portrait, ghost, security printing, one print of everything, wear."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from img_super.synthesis import pixels, printing
from img_super.synthesis.designs import Design, Frame
from img_super.synthesis.layers import Layer, frame_alpha, head_alpha, onto, place, warp, window
from img_super.synthesis.portraits import Portrait

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A genuine card as it left the printer.

    Attributes:
        image: float32 RGB.
        frame: the portrait's place in pixels.
        landmarks: of the portrait on the card, float32 [5, 2].
        face_width_px: of the portrait's face on the card.
        grey: the card shows no colour (a photocopy, a grey print).
        facts: what was drawn, for the manifest.
    """

    image: FloatArray
    frame: Frame
    landmarks: FloatArray
    face_width_px: float
    grey: bool
    facts: dict[str, str | float | bool]


def make_card(rng: np.random.Generator, design: Design, portrait: Portrait) -> PrintedCard:
    """Lay the portrait into the design, print over it, print it all, wear it."""
    frame = design.frame
    shown = window(portrait, (frame[2] - frame[0]) / (frame[3] - frame[1]), rng)
    matrix = place(shown, frame)
    style = str(rng.choice(["photo", "photo", "plain", "cutout"]))
    tone = str(rng.choice(["colour", "colour", "colour", "colour", "grey", "grey", "sepia"]))
    layer = _portrait_layer(rng, design, portrait, matrix, style, tone)
    canvas = pixels.blend(design.base, layer.picture, layer.alpha)
    canvas = _draw_border(rng, canvas, frame, style)
    if design.ghost is not None:
        canvas = _lay_ghost(rng, canvas, layer, frame, design.ghost)
    canvas = pixels.blend(canvas, design.cover_colour[None, None], design.cover)
    process = printing.draw_print_process(rng)
    canvas = printing.print_picture(canvas, process, rng)
    if rng.random() < 0.25:
        canvas = _wear(rng, canvas)
    landmarks = onto(matrix, portrait.landmarks)
    face_width = portrait.face_xywh[2] * float(matrix[0, 0])
    facts: dict[str, str | float | bool] = {
        "design": design.name, "style": style, "tone": tone, "print": process.kind, "photocopy": process.photocopy
    }  # fmt: skip
    return PrintedCard(canvas, frame, landmarks, face_width, process.photocopy, facts)


def _portrait_layer(
    rng: np.random.Generator, design: Design, portrait: Portrait, matrix: FloatArray, style: str, tone: str
) -> Layer:
    wh = (design.base.shape[1], design.base.shape[0])
    hw = design.base.shape[:2]
    face_width = portrait.face_xywh[2] * float(matrix[0, 0])
    picture = printing.live_through(portrait.image.astype(np.float32), printing.draw_history(rng), rng)
    picture = toned(picture, tone, rng)
    picture = warp(picture, matrix, wh)
    softness = float(rng.choice([0.0, rng.uniform(0.3, 2.0), rng.uniform(2, 9)], p=[0.5, 0.35, 0.15]))
    alpha = frame_alpha(rng, hw, design.frame, softness)
    if style != "photo":
        head = warp(head_alpha(portrait, rng, face_width), matrix, wh, cv2.BORDER_REPLICATE)
        if style == "plain":
            plain = rng.uniform(170, 250, 3).astype(np.float32)[None, None]
            picture = pixels.blend(np.broadcast_to(plain, picture.shape).astype(np.float32), picture, head)
        else:
            alpha = np.asarray(frame_alpha(rng, hw, design.frame, softness, 0.0) * head, np.float32)
    if rng.random() < 0.1:
        picture = np.asarray(picture * design.base / 255, np.float32)
    return Layer(picture, alpha * np.float32(rng.choice([1.0, rng.uniform(0.8, 1.0)])))


def toned(picture: FloatArray, tone: str, rng: np.random.Generator) -> FloatArray:
    """The picture in colour, in grey, or in one tint."""
    if tone == "colour":
        return picture
    value = pixels.luma(picture)
    if tone == "grey":
        return np.repeat(value[:, :, None], 3, axis=2)
    dark, light = rng.uniform(0, 90, 3), rng.uniform(190, 255, 3)
    return np.asarray(dark + value[:, :, None] / 255 * (light - dark), np.float32)


def _draw_border(rng: np.random.Generator, canvas: FloatArray, frame: Frame, style: str) -> FloatArray:
    """By design some photos have a white edge or a thin line around: no sign of a superimposition."""
    kind = str(rng.choice(["none", "white", "line"], p=[0.55, 0.2, 0.25]))
    if kind == "none" or style == "cutout":
        return canvas
    canvas = canvas.copy()
    thickness = int(rng.integers(1, 3)) if kind == "line" else max(2, round((frame[2] - frame[0]) * 0.03))
    colour = (250.0, 250.0, 250.0) if kind == "white" else tuple(float(v) for v in rng.uniform(20, 160, 3))
    cv2.rectangle(canvas, (frame[0], frame[1]), (frame[2] - 1, frame[3] - 1), colour, thickness, cv2.LINE_AA)
    return canvas


def _lay_ghost(rng: np.random.Generator, canvas: FloatArray, layer: Layer, frame: Frame, ghost: Frame) -> FloatArray:
    part = np.s_[max(0, frame[1]) : frame[3], max(0, frame[0]) : frame[2]]
    height, width = canvas.shape[:2]
    x, y = max(0, ghost[0]), max(0, ghost[1])
    wh = (min(ghost[2], width) - x, min(ghost[3], height) - y)
    if min(wh) < 8:
        return canvas
    picture = pixels.grey(pixels.resize(layer.picture[part], wh))
    alpha = pixels.resize(layer.alpha[part], wh) * np.float32(rng.uniform(0.25, 0.8))
    canvas = canvas.copy()
    target = np.s_[y : y + wh[1], x : x + wh[0]]
    canvas[target] = pixels.blend(canvas[target], picture, alpha)
    return canvas


def _wear(rng: np.random.Generator, canvas: FloatArray) -> FloatArray:
    """Scratches and faded patches over card and photo alike."""
    hw = canvas.shape[:2]
    marks = np.zeros(hw, np.uint8)
    for _ in range(int(rng.integers(2, 14))):
        start = rng.uniform(0, 1, 2) * hw[::-1]
        end = start + rng.normal(0, 0.2, 2) * hw[::-1]
        cv2.line(marks, tuple(int(v) for v in start), tuple(int(v) for v in end), 255, 1, cv2.LINE_AA)
    canvas = pixels.blend(canvas, np.full((1, 1, 3), rng.uniform(120, 255), np.float32), np.float32(0.5 / 255) * marks)
    fade = np.clip(pixels.smooth_field(rng, hw, 5) * np.float32(0.15), 0, 0.4)
    return pixels.blend(canvas, np.full((1, 1, 3), 235, np.float32), fade)
