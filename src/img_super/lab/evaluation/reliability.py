"""Whether a score of 0.8 means four in five: reliability curve and expected calibration error.

A score assumes that half of the input are attacks, so both classes have equal weight here: otherwise a set with four
attacks per genuine photo would make exact scores look wrong.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.domain import AnyArray, Float64Array
from img_super.lab.evaluation.resampling import Values, Weights

BINS: Final = 15


@dataclass(frozen=True, slots=True)
class Reliability:
    """Samples in equally filled bins, by score."""

    # mean_score, attack_share: of each non-empty bin, by rising score
    mean_score: Float64Array
    attack_share: Float64Array
    ece: float  # expected calibration error, in [0, 1]. Source: M. P. Naeini et al., 2015


def reliability(labels: AnyArray, scores: Float64Array) -> Reliability:
    """The reliability of scores."""
    total, score_sum, attacks = _binned(labels, scores, _balanced(labels, np.ones((1, len(scores)))))
    return Reliability(score_sum[0] / total[0], attacks[0] / total[0], float(_error(score_sum, attacks)[0]))


def expected_calibration_error(labels: AnyArray, scores: Float64Array, weights: Weights) -> Values:
    """The mean distance between a bin's mean score and its share of attacks; one value per draw."""
    _, score_sum, attacks = _binned(labels, scores, _balanced(labels, weights))
    return _error(score_sum, attacks)


def _error(score_sum: Float64Array, attacks: Float64Array) -> Values:
    return np.asarray(np.abs(score_sum - attacks).sum(axis=1))


def _balanced(labels: AnyArray, weights: Weights) -> Weights:
    """The weights of each draw, half of them for attacks; nan if a draw lacks a class."""
    attack = labels == 1
    of_attacks, of_genuine = (weights @ is_one.astype(np.float64) for is_one in (attack, ~attack))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(attack, weights / of_attacks[:, None], weights / of_genuine[:, None]) / 2)


def _binned(
    labels: AnyArray, scores: Float64Array, weights: Weights
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Weight, weighted scores and weighted attacks, [draws, bins]; without empty bins."""
    edges = np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1])
    bin_of = np.searchsorted(edges, scores, side="right")
    members = (bin_of[:, None] == np.unique(bin_of)).astype(np.float64)
    return weights @ members, weights @ (members * scores[:, None]), weights @ (members * (labels == 1)[:, None])
