"""Features of the card without its portrait: where nothing was laid over, both classes must look the same.

Both crops of a pair are masked alike: the portrait's frame and the attack's overlay, and what only one of them shows,
because the detector's boxes differ slightly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, Float64Array, RgbImage, UInt8Array
from img_super.lab.evaluation.audit import from_pixels
from img_super.lab.evaluation.audit.from_pixels import Where
from img_super.lab.evaluation.audit.from_rows import Features
from img_super.lab.evaluation.audit.rows import AuditRow, Shard

LEAST_SHARE: Final = 0.04
"""A pair that shows less of its card than this share of either crop is left out."""

_MARGIN: Final = 0.04
"""Around what is blanked, in sides of the crop: resizing and saving spread an edge."""

_FILTER_REACH_PX: Final = 2
"""Filters of fine detail see the edge of the blank this far."""

_LEAST_PIXELS: Final = 200
_HALF: Final = 127
_JPEG_BLOCK_PX: Final = 8
_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A crop and the part of it that shows the card outside everything that may differ."""

    crop: RgbImage
    shown: Where
    row: AuditRow


def surroundings_of(shard: Shard) -> Iterator[Surroundings]:
    """Both crops of every pair in the shard that show enough of the card."""
    for genuine, attack in _pairs(shard):
        hidden = _hidden(shard, genuine, attack)
        if min(float(_narrowed(~mask).mean()) for mask in hidden) >= LEAST_SHARE:
            for position, mask in zip((genuine, attack), hidden, strict=True):
                yield Surroundings(shard.crops[position], ~mask, shard.rows[position])


def features(surroundings: Surroundings) -> Features:
    """Sharpness, noise, colour and JPEG blocks of the rest, in total and on each side of the portrait."""
    crop, visible = blanked(surroundings), surroundings.shown
    values = {f"colour.{name}": value for name, value in from_pixels.colour(crop, visible).items()}
    values |= _at_each_side(crop, _narrowed(visible))
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    period = _JPEG_BLOCK_PX * len(crop) / surroundings.row.crop_box.width  # in pixels of the crop
    values["blocks_x"] = block_strength(grey, visible, period)
    values["blocks_y"] = block_strength(np.ascontiguousarray(grey.T), visible.T, period)
    return values


def blanked(surroundings: Surroundings) -> RgbImage:
    """The crop with its hidden part grey, so that no filter reaches into the portrait."""
    return np.where(surroundings.shown[:, :, None], surroundings.crop, np.uint8(128))


def block_strength(grey: Float32Array, visible: Where, period_px: float) -> float:
    """How strongly the steps between columns repeat with JPEG's block period; nan if not measurable."""
    steps, pairs = np.abs(np.diff(grey, axis=1)), visible[:, 1:] & visible[:, :-1]
    weights = pairs.sum(0)
    if period_px < 2.5 or weights.sum() < _LEAST_PIXELS:
        return _NAN
    profile = (steps * pairs).sum(0) / np.maximum(weights, 1)
    mean = float((profile * weights).sum() / weights.sum())
    wave = np.exp(-2j * np.pi * np.arange(len(profile)) / period_px)
    return float(abs(((profile - mean) * weights * wave).sum()) / weights.sum() / (mean + 0.05))


def _at_each_side(crop: RgbImage, visible: Where) -> Features:
    """Sharpness and noise of each side of the portrait, absolute and relative to the others."""
    answers = from_pixels.responses(crop)
    everywhere = answers.at(visible)
    values = from_pixels.sharpness(everywhere) | from_pixels.noise(everywhere)
    for name, half in _halves(len(crop)).items():
        part = visible & half
        enough = int(part.sum()) >= _LEAST_PIXELS
        values[f"{name}.sharpness"] = from_pixels.log(answers.sharp[part].mean()) if enough else _NAN
        values[f"{name}.noise"] = from_pixels.log(np.abs(answers.noise[1][part]).mean()) if enough else _NAN
    values["left_to_right.noise"] = values["left.noise"] - values["right.noise"]
    return values | {"top_to_bottom.noise": values["top.noise"] - values["bottom.noise"]}


def _halves(side: int) -> dict[str, Where]:
    left_half = np.tile(np.arange(side) < side // 2, (side, 1))
    return {"left": left_half, "right": ~left_half, "top": left_half.T, "bottom": ~left_half.T}


def _pairs(shard: Shard) -> Iterator[tuple[int, int]]:
    positions: dict[str, dict[int, int]] = {}
    for position, row in enumerate(shard.rows):
        positions.setdefault(row.document, {}).setdefault(row.label, position)
    yield from ((pair[0], pair[1]) for pair in positions.values() if len(pair) == 2)


def _hidden(shard: Shard, genuine: int, attack: int) -> tuple[Where, Where]:
    side = shard.crops.shape[1]
    quads = [np.array(shard.rows[position].frame_quad, np.float32) for position in (genuine, attack)]
    to_genuine = np.asarray(cv2.getPerspectiveTransform(quads[1], quads[0]), np.float64)
    in_attack = _widened(np.maximum(_filled(quads[1], side), _laid_over(shard.masks[attack], side)))
    in_genuine = _widened(_filled(quads[0], side))
    to_attack = np.asarray(np.linalg.inv(to_genuine))
    # One map each way, never rounded up: a mask a pixel wider in one class would hide its edges there.
    return (
        np.maximum(in_genuine, _moved(in_attack, to_genuine)) > _HALF,
        np.maximum(in_attack, _moved(in_genuine, to_attack)) > _HALF,
    )


def _filled(quad: Float32Array, side: int) -> UInt8Array:
    canvas = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(canvas, np.round(quad).astype(np.int32), 255)
    return canvas


def _laid_over(mask: UInt8Array, side: int) -> UInt8Array:
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize((grown > 5).astype(np.uint8) * 255, (side, side), interpolation=cv2.INTER_NEAREST))


def _widened(canvas: UInt8Array) -> UInt8Array:
    reach = 2 * max(2, round(_MARGIN * len(canvas))) + 1
    return np.asarray(cv2.dilate(canvas, np.ones((reach, reach), np.uint8)), np.uint8)


def _narrowed(visible: Where) -> Where:
    reach = 2 * _FILTER_REACH_PX + 1
    eroded = cv2.erode(visible.astype(np.uint8), np.ones((reach, reach), np.uint8), borderValue=1)
    return np.asarray(eroded > 0)


def _moved(canvas: UInt8Array, matrix: Float64Array) -> UInt8Array:
    """The canvas through a map; what the first crop does not show is hidden."""
    moved = cv2.warpPerspective(
        canvas, matrix, canvas.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    return np.asarray(moved, np.uint8)
