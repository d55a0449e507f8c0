"""From logits to probabilities and to a threshold; fitted on validation data, never on real captures."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from img_super.evaluation.metrics import threshold_for_bpcer
from img_super.registry.card import Calibration

MAX_BPCER: Final = 0.05
"""The threshold rejects at most this share of validation's genuine documents."""

Array = npt.NDArray[np.generic]


def fit_platt(logits: Array, labels: Array) -> Calibration:
    """Platt scaling. Source: J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999.

    Raises:
        ValueError: the logits do not rise with suspicion, so that no temperature makes them a score.
    """
    fitted = LogisticRegression(C=1e4).fit(np.asarray(logits, np.float64).reshape(-1, 1), labels)
    slope, bias = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError("the logits do not rise with suspicion")
    return Calibration(temperature=round(1 / slope, 6), bias=round(bias, 6))


def scores_of(calibration: Calibration, logits: Array) -> npt.NDArray[np.float64]:
    """Calibrated probabilities, by the same formula that serving uses."""
    return np.array([calibration.score(float(logit)) for logit in np.asarray(logits, np.float64)])


def choose_threshold(scores: Array, labels: Array, max_bpcer: float = MAX_BPCER) -> float:
    """The lowest score threshold that keeps BPCER within bounds on these data, rounded up to four digits."""
    genuine = np.asarray(scores, np.float64)[np.asarray(labels) == 0]
    exact = threshold_for_bpcer(genuine, max_bpcer)
    return float(min(0.9999, np.ceil(exact * 1e4) / 1e4))


def undetermined_band(scores: Array, labels: Array, threshold: float) -> tuple[float, float]:
    """Scores that ask for a person's eye: from half the threshold's odds to where BPCER is a fifth of its bound.

    The band holds the threshold; below it stand most genuine documents, above it scarcely any.
    """
    genuine = np.asarray(scores, np.float64)[np.asarray(labels) == 0]
    low = threshold_for_bpcer(genuine, 2 * MAX_BPCER)
    high = threshold_for_bpcer(genuine, MAX_BPCER / 5)
    low, high = min(low, threshold), max(high, threshold)
    return round(float(low), 4), round(float(min(high, 1.0)), 4)
