from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from img_super.lab.own_documents.small_samples import (
    MIN_DOCUMENTS,
    Shape,
    Way,
    documents_needed,
    exact_interval,
    threshold_from_few,
)

SHARES = (0.0, 0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99, 1.0)


def skewed(count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).gumbel(size=count)


def test_shape_is_invertible_beyond_its_ends() -> None:
    shape = Shape.of(np.quantile(skewed(2000, 1), SHARES).tolist(), SHARES)
    for value in (-3.0, 0.0, 1.3, 9.0):
        assert shape.from_bell(float(shape.to_bell(np.array([value]))[0])) == pytest.approx(value)
    with pytest.raises(ValueError, match="two different"):
        Shape.of([1.0] * len(SHARES), SHARES)


def test_ranks_assume_no_distribution() -> None:
    values = np.arange(40.0)
    found = threshold_from_few(values, 0.05, 40)
    assert found.way is Way.RANK
    assert 37 < found.value < 39
    assert threshold_from_few(values**3, 0.05, 40).reached_bpcer == found.reached_bpcer


def test_more_documents_narrow_the_interval() -> None:
    for way, fewer, more in ((Way.SHAPE, 10, 30), (Way.RANK, 50, 500)):
        few, many = (threshold_from_few(skewed(count, 1), 0.05, count) for count in (fewer, more))
        assert few.way == many.way == way
        assert few.reached_bpcer[0] < many.reached_bpcer[0] < 0.05 < many.reached_bpcer[1] < few.reached_bpcer[1]


def test_normal_quantiles_match_the_tables() -> None:
    """One-sided tolerance factors, n = 10: 2.355 for 90 % of the population with confidence 95 % (Hahn and Meeker)."""
    from img_super.lab.own_documents.small_samples import _of_shape

    _, high = _of_shape(10, 2.355)
    assert high == pytest.approx(0.10, abs=0.001)
    assert norm.isf(high) == pytest.approx(1.2816, abs=0.01)


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        threshold_from_few(skewed(MIN_DOCUMENTS - 1, 1), 0.05, MIN_DOCUMENTS - 1)
    with pytest.raises(ValueError, match="too few"):
        threshold_from_few(np.ones(20), 0.05, 20)


def test_exact_intervals_match_clopper_pearson() -> None:
    assert exact_interval(0, 10) == pytest.approx((0, 0.3085), abs=1e-4)
    assert exact_interval(3, 10) == pytest.approx((0.0667, 0.6525), abs=1e-4)


def test_certainty_takes_many_documents() -> None:
    assert documents_needed(0.05, 0.10) < documents_needed(0.05, 0.07) < 2000
    assert documents_needed(0.01, 0.02) > documents_needed(0.05, 0.10)
