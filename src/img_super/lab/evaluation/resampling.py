"""95 % bootstrap intervals of all figures at once; documents are resampled, because their samples are correlated.

A draw is a row of weights, one per sample, so that a figure of a thousand draws is one matrix product instead of a
thousand loops.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.domain import AnyArray, Float64Array, Int64Array
from img_super.figures import Figure
from img_super.lab.evaluation.metrics import FREUID_BPCER, freuid_of

Weights = Float64Array
"""[draws, samples]"""
Values = Float64Array
"""[draws]"""

DIGITS: Final = 4
"""Of what a card holds."""


def drawn_weights(clusters: AnyArray, seed: int = 1, draws: int = 1000) -> Weights:
    """The weight of each sample in each draw of clusters.

    `clusters`: the cluster of each sample, such as its document.
    """
    names, inverse = np.unique(clusters, return_inverse=True)
    share = np.full(len(names), 1 / len(names))
    counts = np.random.default_rng(seed).multinomial(len(names), share, size=draws)
    return counts[:, inverse].astype(np.float64)


def interval(values: Values) -> tuple[float, float]:
    """The middle 95 %; draws without a value (nan) are ignored."""
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def figure(value: float, draws: Values) -> Figure:
    """A value and the interval of its draws, as in a card."""
    return Figure(round(value, DIGITS), rounded_interval(draws))


def rounded_interval(draws: Values) -> tuple[float, float]:
    """`interval`, rounded as in a card."""
    low, high = interval(draws)
    return round(low, DIGITS), round(high, DIGITS)


def mean(values: AnyArray, weights: Weights) -> Values:
    """The mean of one number (or bool) per sample."""
    with np.errstate(invalid="ignore"):
        return np.asarray(weights @ np.asarray(values, np.float64) / weights.sum(axis=1))


@dataclass(frozen=True, slots=True)
class Curves:
    """Error rates of each draw at every threshold, from above all scores downwards.

    `bpcer`: [draws, thresholds], rising; `apcer`: [draws, thresholds], falling.
    """

    bpcer: Float64Array
    apcer: Float64Array

    @classmethod
    def of(cls, labels: AnyArray, scores: AnyArray, weights: Weights | None = None) -> "Curves":
        """Of each draw; without weights, of one draw with every sample once."""
        weights = np.ones((1, len(labels))) if weights is None else weights
        order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
        descending, attack = np.asarray(scores)[order], np.asarray(labels)[order] == 1
        last_of_ties = np.append(np.flatnonzero(np.diff(descending)), len(descending) - 1)
        ordered = weights[:, order]
        bpcer, recall = (_share(ordered * is_class, last_of_ties) for is_class in (~attack, attack))
        return cls(bpcer, 1 - recall)

    def auc(self) -> Values:
        return np.asarray(np.trapezoid(1 - self.apcer, self.bpcer, axis=1))

    def equal_error_rate(self) -> Values:
        """Where APCER and BPCER meet, in [0, 1]."""
        nearest = np.argmin(np.abs(self.apcer - self.bpcer), axis=1)
        draws = np.arange(len(nearest))
        return np.asarray((self.apcer[draws, nearest] + self.bpcer[draws, nearest]) / 2)

    def bpcer_at_apcer(self, level: float) -> Values:
        """The lowest BPCER among the thresholds at which at most `level` of the attacks are accepted."""
        return _finite(np.where(self.apcer <= level + 1e-12, self.bpcer, np.inf).min(axis=1))

    def tpr_at_fpr(self, level: float) -> Values:
        """The largest share of attacks found while at most `level` of the genuine documents are rejected."""
        return _finite(np.where(self.bpcer <= level + 1e-12, 1 - self.apcer, -np.inf).max(axis=1))

    def apcer_at_bpcer(self, level: float) -> Values:
        return 1 - self.tpr_at_fpr(level)

    def freuid(self) -> Values:
        return freuid_of(self.auc(), self.apcer_at_bpcer(FREUID_BPCER))


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well scores rank, for the samples and for each draw."""

    exact: Curves
    drawn: Curves

    @classmethod
    def of(cls, labels: AnyArray, scores: AnyArray, weights: Weights) -> "Ranking":
        return cls(Curves.of(labels, scores), Curves.of(labels, scores, weights))

    def figure(self, rate: Callable[..., Values], *level: float) -> Figure:
        """`rate`: a method of `Curves`, with the level that it takes."""
        return figure(float(rate(self.exact, *level)[0]), rate(self.drawn, *level))

    def by_level(self, rate: Callable[[Curves, float], Values], levels: Sequence[float]) -> dict[str, Figure]:
        return {f"{level:.0%}": self.figure(rate, level) for level in levels}


def _finite(values: Values) -> Values:
    """Draws that lack a class have no value."""
    return np.asarray(np.where(np.isfinite(values), values, np.nan))


def _share(weights: Weights, positions: Int64Array) -> Float64Array:
    """The cumulative share of each draw's weight, starting with 0."""
    totals = weights.cumsum(axis=1)
    with np.errstate(invalid="ignore"):
        share = totals[:, positions] / totals[:, -1:]
    return np.concatenate([np.zeros((len(weights), 1)), share], axis=1)
