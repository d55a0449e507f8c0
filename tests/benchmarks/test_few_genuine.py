"""What thresholds from few documents reach, drawn again and again."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.few_genuine import draw
from img_super.lab.own_documents.small_samples import BELL, Shape, Way

SHARES = (0.0, 0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99, 1.0)


@pytest.mark.parametrize(("documents", "wanted", "way"), [(10, 0.05, Way.SHAPE), (50, 0.05, Way.RANK)])
def test_reaches_the_target_rate_on_average(documents: int, wanted: float, way: Way) -> None:
    values = np.random.default_rng(3).normal(2, 0.5, 4000)
    found = draw(values, documents, wanted, draws=150)
    assert found["way"] == way
    assert found["reached_mean"] == pytest.approx(wanted, abs=0.015)
    assert 0.82 <= found["promise_kept"] <= 0.97


def test_known_shape_corrects_the_normal_assumption() -> None:
    shape = Shape.of(np.quantile(np.random.default_rng(1).gumbel(size=3000), SHARES).tolist(), SHARES)
    others = 1 + 1.5 * np.random.default_rng(2).gumbel(size=3000)
    by_bell, by_shape = (draw(others, 10, 0.05, draws=80, shape=of)["reached_mean"] for of in (BELL, shape))
    assert by_bell > 0.06
    assert by_shape == pytest.approx(0.05, abs=0.02)
    assert abs(by_shape - 0.05) < abs(by_bell - 0.05)
