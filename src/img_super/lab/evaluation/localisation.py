"""Measures whether the heat map shows the superimposition."""

from typing import Final

import cv2
import numpy as np

from img_super.domain import BoolArray, Float64Array, FloatMap, StrArray, UInt8Array
from img_super.figures import Figure, Localisation
from img_super.lab.evaluation import resampling

CUT: Final = 0.5
"""From this probability on a place counts as laid over."""


def overlaps(heat_maps: FloatMap, masks: UInt8Array, cut: float = CUT) -> Float64Array:
    """Intersection over union of each thresholded map and its mask (uint8, 255: laid over); 1 if both are empty."""
    marked = _as_large(heat_maps, masks) >= cut
    covered = masks >= 128
    shared, union = (marked & covered).sum(axis=(1, 2)), (marked | covered).sum(axis=(1, 2))
    return np.asarray(np.where(union > 0, shared / np.maximum(union, 1), 1.0))


def peak_inside(heat_maps: FloatMap, masks: UInt8Array) -> BoolArray:
    """Whether the peak of each map is inside its mask."""
    peaks = _as_large(heat_maps, masks).reshape(len(masks), -1).argmax(axis=1)
    return np.asarray(masks.reshape(len(masks), -1)[np.arange(len(masks)), peaks] >= 128)


def localisation_figures(
    heat_maps: FloatMap, masks: UInt8Array, species: StrArray, weights: resampling.Weights
) -> Localisation:
    """For attacks: mean IoU at the threshold and by species, share of peaks inside the mask; 95 % intervals."""
    iou, inside = overlaps(heat_maps, masks), peak_inside(heat_maps, masks)
    return Localisation(
        _mean(iou, weights),
        _mean(inside, weights),
        {name: round(float(iou[species == name].mean()), 4) for name in sorted(set(species.tolist()))},
    )


def _mean(values: Float64Array | BoolArray, weights: resampling.Weights) -> Figure:
    return resampling.figure(float(np.mean(values)), resampling.mean(values, weights))


def _as_large(heat_maps: FloatMap, masks: UInt8Array) -> FloatMap:
    side = masks.shape[1]
    return np.stack([cv2.resize(heat_map, (side, side), interpolation=cv2.INTER_LINEAR) for heat_map in heat_maps])
