"""From logits to probabilities and to a threshold; fitted on validation data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from img_super.evaluation.metrics import threshold_for_bpcer
from img_super.registry.card import Calibration

MAX_BPCER: Final = 0.05
"""The threshold rejects at most this share of the genuine documents, in each of the validation sets."""

Array = npt.NDArray[np.generic]


def fit_platt(logits: Array, labels: Array, weights: Array | None = None) -> Calibration:
    """Platt scaling. Source: J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999.

    Args:
        logits, labels: one a sample; label 1 means superimposed.
        weights: how much a sample counts; all alike without.

    Raises:
        ValueError: the logits do not rise with suspicion, so that no temperature makes them a score.
    """
    fitted = LogisticRegression(C=1e4).fit(np.asarray(logits, np.float64).reshape(-1, 1), labels, weights)
    slope, bias = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError("the logits do not rise with suspicion")
    return Calibration(temperature=round(1 / slope, 6), bias=round(bias, 6))


def scores_of(calibration: Calibration, logits: Array) -> npt.NDArray[np.float64]:
    """Calibrated probabilities, by the same formula that serving uses."""
    return np.array([calibration.score(float(logit)) for logit in np.asarray(logits, np.float64)])


def choose_threshold(genuine_sets: Sequence[Array], max_bpcer: float = MAX_BPCER) -> float:
    """The lowest threshold that keeps BPCER within bounds in every set of genuine scores, rounded up to four digits."""
    exact = max(threshold_for_bpcer(scores, max_bpcer) for scores in genuine_sets)
    return float(min(0.9999, np.ceil(exact * 1e4) / 1e4))


def undetermined_band(genuine_sets: Sequence[Array], threshold: float) -> tuple[float, float]:
    """Scores that ask for a person's eye: from where BPCER is twice its bound to where it is a fifth of it.

    The band holds the threshold; below it stand most genuine documents, above it scarcely any.
    """
    low, high = choose_threshold(genuine_sets, 2 * MAX_BPCER), choose_threshold(genuine_sets, MAX_BPCER / 5)
    return min(low, threshold), max(high, threshold)
