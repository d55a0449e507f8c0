"""A threshold from few genuine documents, and how sure one can be of it.

With enough documents it is a rank of their scores: whatever the distribution, the share of new genuine documents above
it follows a Beta distribution. With fewer, no rank is high enough; then the scores are assumed to have the shape of the
model's validation, moved and stretched, and the threshold is the upper end of a prediction interval.

Sources: S. S. Wilks, "Determination of Sample Sizes for Setting Tolerance Limits", 1941; G. J. Hahn, W. Q. Meeker,
"Statistical Intervals", 1991; C. J. Clopper, E. S. Pearson, 1934.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, binomtest, nct, norm, t

from img_super.domain import Float64Array

_FAR_OUT: Final = (float(np.log(1e-6)), float(np.log(0.8)))

MIN_DOCUMENTS: Final = 10
RANKS_FROM: Final = 2.0
"""A rank is used when at least so many of the documents are expected above the threshold."""

SURE: Final = 0.9
"""The share of draws in which what is said of the reached BPCER is true."""


class Way(StrEnum):
    """How a threshold was found."""

    RANK = "rank"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Shape:
    """A distribution by its quantiles: what makes its values bell-shaped, and back. Straight beyond the ends.

    `values`: rising; `bell`: the standard normal distribution's quantiles for the same shares.
    """

    values: Float64Array
    bell: Float64Array

    @classmethod
    def of(cls, values: Sequence[float], shares: Sequence[float]) -> Shape:
        """From quantiles; those of the shares 0 and 1 are left out, which hang on single values.

        Raises `ValueError`: fewer than two different values are left.
        """
        inner = [(x, s) for x, s in zip(values, shares, strict=True) if 0 < s < 1]
        rising, first_indices = np.unique([x for x, _ in inner], return_index=True)
        if len(rising) < 2:
            raise ValueError("a shape needs at least two different quantiles")
        return cls(rising, np.asarray(norm.ppf([inner[index][1] for index in first_indices])))

    def to_bell(self, values: Float64Array) -> Float64Array:
        return _straight(values, self.values, self.bell)

    def from_bell(self, bell: float) -> float:
        return float(_straight(np.array([bell]), self.bell, self.values)[0])


BELL: Final = Shape(np.array([-1.0, 1.0]), np.array([-1.0, 1.0]))
"""Where nothing is known of the shape."""


def _straight(x: Float64Array, knots: Float64Array, heights: Float64Array) -> Float64Array:
    """Lines through the knots; the first and the last go on, the slope taken over three knots."""
    low, high = (slice(0, min(3, len(knots))), slice(-min(3, len(knots)), None))
    inside = np.interp(x, knots, heights)
    for part, outside in ((low, x < knots[0]), (high, x > knots[-1])):
        (x0, x1), (y0, y1) = knots[part][[0, -1]], heights[part][[0, -1]]
        end_x, end_y = (knots[0], heights[0]) if part is low else (knots[-1], heights[-1])
        inside = np.where(outside, end_y + (x - end_x) * (y1 - y0) / (x1 - x0), inside)
    return np.asarray(inside)


@dataclass(frozen=True, slots=True)
class FewThreshold:
    """A threshold, on the scale of the values that it was chosen on.

    `wanted_bpcer`: the share of genuine documents that it should reject; `reached_bpcer`: between these two the true
    share lies, in 90 of 100 draws of as many documents.
    """

    value: float
    wanted_bpcer: float
    way: Way
    reached_bpcer: tuple[float, float]


def threshold_from_few(values: Float64Array, wanted_bpcer: float, documents: int, shape: Shape = BELL) -> FewThreshold:
    """The threshold that rejects the wanted share of genuine documents like these.

    Args:
        values: one a genuine photo, rising with suspicion; log-odds of scores, rather than scores.
        wanted_bpcer: in (0, 0.5].
        documents: how many different documents the photos show; photos of one document are no independent draws.
        shape: what is known of the distribution of such values.

    Raises `ValueError`: there are too few documents, or all values are the same.
    """
    if documents < MIN_DOCUMENTS or np.ptp(values) == 0:
        raise ValueError(f"{documents} different genuine documents are too few; at least {MIN_DOCUMENTS} are needed")
    if documents * wanted_bpcer >= RANKS_FROM:
        value = float(np.quantile(values, 1 - wanted_bpcer, method="weibull"))
        return FewThreshold(value, wanted_bpcer, Way.RANK, _of_rank(documents, wanted_bpcer))
    factor = float(t.ppf(1 - wanted_bpcer, documents - 1) * np.sqrt(1 + 1 / documents))
    bell = shape.to_bell(values)
    value = shape.from_bell(float(bell.mean() + factor * bell.std(ddof=1)))
    return FewThreshold(value, wanted_bpcer, Way.SHAPE, _of_shape(documents, factor))


def _of_rank(documents: int, share: float) -> tuple[float, float]:
    """The share above the rank `share` of n documents has a Beta distribution, whatever that of the values."""
    rank = share * (documents + 1)
    low, high = beta.ppf([(1 - SURE) / 2, (1 + SURE) / 2], rank, documents + 1 - rank)
    return float(low), float(high)


@lru_cache
def _of_shape(documents: int, factor: float) -> tuple[float, float]:
    """The share of a normal distribution above mean + factor * deviation, both from n draws (non-central t)."""
    root = np.sqrt(documents)

    def at_most(log_share: float) -> float:
        # The share is at most q exactly when the threshold lies at or above the quantile 1 - q.
        share = np.exp(log_share)
        chance = float(nct.cdf(factor * root, documents - 1, norm.isf(share) * root))
        return float(share > 0.5) if np.isnan(chance) else chance  # far out the function gives up

    def share_with(chance: float) -> float:
        if at_most(_FAR_OUT[0]) >= chance:
            return 0.0
        return float(np.exp(brentq(lambda log_share: at_most(log_share) - chance, *_FAR_OUT, xtol=1e-3)))

    return share_with((1 - SURE) / 2), share_with((1 + SURE) / 2)


def exact_interval(hits: int, total: int) -> tuple[float, float]:
    """The exact binomial 95 % interval (Clopper and Pearson) of a share."""
    interval = binomtest(hits, total).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def documents_needed(wanted_bpcer: float, at_most: float) -> int:
    """How many genuine documents it takes to be 95 % sure that BPCER is at most `at_most`; up to 100,000."""
    for documents in np.unique(np.geomspace(RANKS_FROM / wanted_bpcer, 1e5, 400).round().astype(int)):
        if _of_rank(int(documents), wanted_bpcer)[1] <= at_most:
            return int(documents)
    return 100_000
