"""Compares int8 with float32: accuracy and time, crop by crop in one run."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

import msgspec
import numpy as np

from img_super.lab.dataset.crops import CropSet
from img_super.lab.evaluation import metrics, resampling
from img_super.lab.evaluation.calibration import fit_platt, scores_of
from img_super.model_card import Precision
from img_super.pipeline.crop import resize_to_input
from img_super.validator.litert import LiteRtNetwork

MAX_AUC_LOSS: Final = 0.005
"""Integers may cost half a point of AUC; beyond that they do not serve."""

MAX_SCORE_CHANGE: Final = 0.01
"""Nor do they when one score in ten moves further: TensorFlow runs the floats, and both must agree on a photo."""

FLOAT, INT8 = "litert", "litert_int8"


def compare_precisions(weights: Mapping[str, bytes], crops: CropSet) -> dict[str, Precision]:
    """Measure each file; for int8, also how far the scores move.

    The files alternate on every crop, so that a busy machine slows both. `litert` (float32) must be among them.
    """
    logits, times_ms = _run_in_turns(weights, crops)
    labels = crops.labels
    draws = resampling.drawn_weights(crops.documents)
    curves = {file: resampling.Curves.of(labels, values, draws).auc() for file, values in logits.items()}
    calibration = fit_platt(logits[FLOAT], labels)
    scores = {file: scores_of(calibration, values) for file, values in logits.items()}
    floats = round(metrics.auc(labels, logits[FLOAT]), 4)
    precisions: dict[str, Precision] = {}
    for file in weights:
        auc, times = round(metrics.auc(labels, logits[file]), 4), times_ms[file]
        median_ms, p90_ms = round(float(np.median(times)), 2), round(float(np.percentile(times, 90)), 2)
        precision = Precision(auc, median_ms, p90_ms, len(weights[file]))
        if file != FLOAT:
            changes = np.abs(scores[file] - scores[FLOAT])
            low, high = resampling.interval(curves[FLOAT] - curves[file])
            precision = msgspec.structs.replace(
                precision,
                auc_loss=round(floats - auc, 4),
                auc_loss_interval_95=(round(low, 4), round(high, 4)),
                median_score_change=round(float(np.median(changes)), 4),
                p90_score_change=round(float(np.percentile(changes, 90)), 4),
            )
        precisions[file] = precision
    return precisions


def which_serves(precisions: Mapping[str, Precision]) -> str:
    """The fastest file that ranks nearly as well as float32 and gives the same scores."""
    as_good = [
        file
        for file, precision in precisions.items()
        if (precision.auc_loss or 0.0) <= MAX_AUC_LOSS and (precision.p90_score_change or 0.0) <= MAX_SCORE_CHANGE
    ]
    return min(as_good, key=lambda file: precisions[file].median_ms)


def _run_in_turns(
    weights: Mapping[str, bytes], crops: CropSet
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]]:
    networks = {file: LiteRtNetwork(content) for file, content in weights.items()}
    logits: dict[str, list[float]] = {file: [] for file in networks}
    times_ms: dict[str, list[float]] = {file: [] for file in networks}
    for crop in crops.crops:
        for file, network in networks.items():
            resized = resize_to_input(crop, network.side_px)
            began = perf_counter()
            logits[file].append(network.run(resized)[0])
            times_ms[file].append((perf_counter() - began) * 1e3)
    return (
        {file: np.array(values) for file, values in logits.items()},
        {file: np.array(values) for file, values in times_ms.items()},
    )
