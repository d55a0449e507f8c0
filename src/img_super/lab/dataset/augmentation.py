"""Random augmentation of crops, independent of the label."""

import cv2
import numpy as np

from img_super.domain import RgbImage, UInt8Array


def augment(rng: np.random.Generator, crop: RgbImage, mask: UInt8Array) -> tuple[RgbImage, UInt8Array]:
    """Flip, move, scale, soften, sharpen, tint, grey, add noise, save. Crop [s, s, 3] and mask [m, m], both uint8."""
    if rng.random() < 0.5:
        crop, mask = crop[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.6:
        crop, mask = _moved(rng, crop, mask)
    if rng.random() < 0.12:
        crop = _coarsened(rng, crop)
    if rng.random() < 0.1:
        crop = _sharpened(rng, crop)
    if rng.random() < 0.07:
        crop = cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.3, 1.1))).astype(np.uint8, copy=False)
    if rng.random() < 0.6:
        crop = _relit(rng, crop)
    if rng.random() < 0.25:
        quality = int(rng.integers(50, 97))
        _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
        crop = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(crop), np.ascontiguousarray(mask)


def _moved(rng: np.random.Generator, crop: RgbImage, mask: UInt8Array) -> tuple[RgbImage, UInt8Array]:
    """Shift, scale and rotate slightly: detectors disagree about the extent of a face."""
    degrees, scale = float(rng.normal(0, 3)), float(rng.uniform(0.86, 1.14))
    shift = rng.normal(0, 0.025, 2)
    kind = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
    warped = []
    for image in (crop, mask):
        side = image.shape[0]
        matrix = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, scale)
        matrix[:, 2] += shift * side
        source = np.ascontiguousarray(image)
        warped.append(cv2.warpAffine(source, matrix, (side, side), flags=kind, borderMode=cv2.BORDER_REFLECT))
    return warped[0].astype(np.uint8, copy=False), warped[1].astype(np.uint8, copy=False)


def _coarsened(rng: np.random.Generator, crop: RgbImage) -> RgbImage:
    side = crop.shape[0]
    small = max(8, round(side * float(rng.uniform(0.45, 1.0))))
    shrunk = cv2.resize(np.ascontiguousarray(crop), (small, small), interpolation=cv2.INTER_AREA)
    return cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def _sharpened(rng: np.random.Generator, crop: RgbImage) -> RgbImage:
    soft = cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.6, 1.4)))
    amount = float(rng.uniform(0.3, 1.3))
    return np.asarray(cv2.addWeighted(crop, 1 + amount, soft, -amount, 0), np.uint8)


def _relit(rng: np.random.Generator, crop: RgbImage) -> RgbImage:
    light = crop.astype(np.float32)
    if rng.random() < 0.25:
        light = np.repeat(light.mean(axis=2, keepdims=True), 3, axis=2)
    light = (light - 128) * np.float32(rng.uniform(0.75, 1.35)) + 128 + np.float32(rng.uniform(-25, 22))
    light = light * rng.uniform(0.9, 1.1, 3).astype(np.float32)
    if rng.random() < 0.4:
        light = light + rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0.5, 8))
    return np.clip(light, 0, 255).astype(np.uint8)
