"""Turns logits into probabilities, fitted on validation data: Platt scaling, or isotonic regression if better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from img_super.domain import AnyArray, Float64Array
from img_super.lab.evaluation import resampling
from img_super.model_card import Calibration

FOLDS: Final = 5
_SURELY: Final = 1e-3
"""No score is nearer to 0 or 1 than this after isotonic regression, which would else be sure of what it never saw."""


def fit_platt(logits: AnyArray, labels: AnyArray, weights: AnyArray | None = None) -> Calibration:
    """Platt scaling. Source: J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999.

    `labels`: 1 means superimposed; `weights`: sample weights, equal by default.
    Raises `ValueError`: the logits do not rise with suspicion, so no temperature turns them into a score.
    """
    fitted = LogisticRegression(C=1e4).fit(np.asarray(logits, np.float64).reshape(-1, 1), labels, weights)
    slope, bias = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise ValueError("the logits do not rise with suspicion")
    return Calibration(temperature=round(1 / slope, 6), bias=round(bias, 6))


def fit_isotonic(logits: AnyArray, labels: AnyArray, weights: AnyArray | None = None) -> Calibration:
    """Centred isotonic regression: straight lines between the middles of the steps, so that no two logits tie.

    Source: A. P. Oron, N. Flournoy, "Centered Isotonic Regression", 2017. The card keeps Platt's numbers beside it.
    Raises `ValueError`: the logits do not rise with suspicion.
    """
    platt = fit_platt(logits, labels, weights)
    x = np.asarray(logits, np.float64)
    sample_weights = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
    steps = IsotonicRegression(y_min=_SURELY, y_max=1 - _SURELY).fit(x, labels, sample_weights).predict(x)
    levels, step_of = np.unique(steps.round(6), return_inverse=True)
    middles = np.bincount(step_of, sample_weights * x) / np.bincount(step_of, sample_weights)
    margin = float(x.std())
    ends = ((x.min() - margin, _SURELY / 2), *zip(middles, levels, strict=True), (x.max() + margin, 1 - _SURELY / 2))
    knots = tuple((round(float(logit), 6), round(float(score), 6)) for logit, score in ends)
    return Calibration(platt.temperature, platt.bias, knots)


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """The chosen calibration, fitted on everything; `log_loss` of both on held-out documents."""

    calibration: Calibration
    log_loss: dict[str, float]


def fit_better(logits: AnyArray, labels: AnyArray, documents: AnyArray, weights: AnyArray) -> CalibrationChoice:
    """Fit both; keep Platt scaling unless the other has a significantly lower log loss on held-out documents.

    Raises `ValueError`: the logits do not rise with suspicion.
    """
    kinds = {"platt": fit_platt, "isotonic": fit_isotonic}
    losses = {kind: _left_out_losses(fit, logits, labels, documents, weights) for kind, fit in kinds.items()}
    gain = losses["platt"] - losses["isotonic"]
    mean_gains = resampling.mean(gain, resampling.drawn_weights(documents))
    kind_chosen = "isotonic" if resampling.interval(mean_gains)[0] > 0 else "platt"
    rounded = {kind: round(float(loss.mean()), 5) for kind, loss in losses.items()}
    return CalibrationChoice(kinds[kind_chosen](logits, labels, weights), rounded)


def _left_out_losses(
    fit: Callable[[AnyArray, AnyArray, AnyArray], Calibration],
    logits: AnyArray,
    labels: AnyArray,
    documents: AnyArray,
    weights: AnyArray,
) -> Float64Array:
    """Each sample's log loss times its weight, by a calibration fitted without its document."""
    scores = np.empty(len(logits))
    folds = min(FOLDS, len(np.unique(documents)))
    for fitted, left_out in GroupKFold(folds).split(logits, labels, documents):
        scores[left_out] = scores_of(fit(logits[fitted], labels[fitted], weights[fitted]), logits[left_out])
    of_truth = np.where(np.asarray(labels) == 1, scores, 1 - scores)
    return np.asarray(-np.log(of_truth.clip(1e-9)) * np.asarray(weights, np.float64))


def scores_of(calibration: Calibration, logits: AnyArray) -> Float64Array:
    """Calibrated probabilities, by the formula that serving uses."""
    return np.array([calibration.score(float(logit)) for logit in np.asarray(logits, np.float64)])
