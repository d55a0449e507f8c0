"""Augmentation: bystanders beside the card, then light, blur, noise and compression."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from img_super.detector.outputs import FloatBox
from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.whole_photos import Faces
from img_super.lab.training.detector.placing import Truth

_CROWDED_SHARE: Final = 0.4
_MOST_STRANGERS: Final = 4
_STRANGER_SIZES: Final = (0.5, 3.5)
"""Size of a stranger's face in faces of the portrait."""


def with_strangers(rng: np.random.Generator, image: RgbImage, truth: Truth, faces: Faces) -> tuple[RgbImage, Truth]:
    """Sometimes add faces beside or behind the card, in any rotation: newspapers, other photos, the holder."""
    if rng.random() > _CROWDED_SHARE:
        return image, truth
    card = np.zeros(image.shape[:2], np.float32)
    cv2.fillConvexPoly(card, np.round(truth.corners).astype(np.int32), 1.0)
    others = list(truth.others)
    for _ in range(int(rng.integers(1, _MOST_STRANGERS + 1))):
        number = int(rng.integers(len(faces.pictures)))
        image, other = _with_stranger(rng, image, (truth, card), (faces.pictures[number], faces.boxes[number]))
        others += [] if other is None else [other]
    return image, replace(truth, others=tuple(others))


def _with_stranger(
    rng: np.random.Generator, image: RgbImage, around: tuple[Truth, Float32Array], face: tuple[RgbImage, Float32Array]
) -> tuple[RgbImage, FloatBox | None]:
    (truth, card), (picture, box), side = around, face, image.shape[0]
    own_px = float(np.sqrt(truth.portrait.width * truth.portrait.height))
    size = float(np.clip(own_px * np.exp(rng.uniform(*np.log(_STRANGER_SIZES))), 8, 0.45 * side))
    x, y = (float(value) for value in rng.uniform(0.3 * size, side - 0.3 * size, 2))
    distance = cv2.pointPolygonTest(truth.corners, (x, y), True)
    if distance > -0.7 * size or any(abs(o.x - x) + abs(o.y - y) < size + o.width for o in truth.others):
        return image, None
    quarters = int(rng.integers(4))
    turn = np.radians(90 * quarters + rng.normal(0, 8))
    share = float(np.sqrt(box[2] * box[3]))
    scale = size / (share * picture.shape[0])
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = picture.shape[0] * np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
    matrix = np.column_stack([linear, np.array([x, y]) - linear @ middle])
    laid = cv2.warpAffine(_toned(rng, picture), matrix, (side, side), flags=cv2.INTER_AREA)
    alpha = cv2.warpAffine(_outline(rng, picture.shape[0]), matrix, (side, side))[..., None] * (1 - card[..., None])
    image = np.asarray(image + alpha * (laid.astype(np.float32) - image), np.uint8)
    wide, high = float(box[2] / share) * size, float(box[3] / share) * size
    return image, FloatBox(x, y, *((high, wide) if quarters % 2 else (wide, high)))


def _toned(rng: np.random.Generator, picture: RgbImage) -> RgbImage:
    """Grey as in a newspaper, or in different light."""
    tone = picture.astype(np.float32)
    if rng.random() < 0.5:
        tone = np.repeat(tone.mean(axis=2, keepdims=True), 3, axis=2)
    tone = tone * rng.uniform(0.5, 1.1, 3).astype(np.float32) + np.float32(rng.uniform(-10, 50))
    return np.clip(tone, 0, 255).astype(np.uint8)


def _outline(rng: np.random.Generator, side: int) -> Float32Array:
    alpha = np.zeros((side, side), np.float32)
    if rng.random() < 0.6:
        x, y = (int(value) for value in rng.uniform(0, 0.2, 2) * side)
        cv2.rectangle(alpha, (x, y), (side - x - 1, side - y - 1), 1.0, -1)
        return alpha
    cv2.ellipse(alpha, (side // 2, side // 2), (round(0.33 * side), round(0.42 * side)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(1, 4))), np.float32)


def seen(rng: np.random.Generator, image: RgbImage) -> RgbImage:
    """The input in different light, blurred, noisier and recompressed."""
    if rng.random() < 0.12:
        image = _coarsened(rng, image)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6))).astype(np.uint8, copy=False)
    if rng.random() < 0.75:
        image = _relit(rng, image)
    if rng.random() < 0.2:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(image)


def _coarsened(rng: np.random.Generator, image: RgbImage) -> RgbImage:
    side = image.shape[0]
    small = round(side * float(rng.uniform(0.5, 0.9)))
    shrunk = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    return cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _relit(rng: np.random.Generator, image: RgbImage) -> RgbImage:
    light = image.astype(np.float32)
    if rng.random() < 0.2:
        light = cv2.merge([light.mean(axis=2)] * 3)
    gains = rng.uniform(0.65, 1.35) * rng.uniform(0.85, 1.15, 3)
    light = light * gains.astype(np.float32) + np.float32(rng.uniform(-35, 35))
    if rng.random() < 0.35:
        light = light * _shade(rng, image.shape[0])
    if rng.random() < 0.3:
        light = light + rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(1, 12))
    return np.clip(light, 0, 255).astype(np.uint8)


def _shade(rng: np.random.Generator, side: int) -> Float32Array:
    """Uneven light: a coarse random field, 0.4 to 1.5."""
    coarse = rng.uniform(0.4, 1.5, (3, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)[..., None], np.float32)
