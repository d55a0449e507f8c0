from __future__ import annotations

import numpy as np
import pytest

from img_super.model_card import Calibration
from img_super.validator.evidence import evidence_of

PLAIN = Calibration(1, 0)


@pytest.mark.parametrize("logit", [float("nan"), float("inf"), float("-inf")])
def test_non_finite_logit_is_refused(logit: float) -> None:
    with pytest.raises(ArithmeticError):
        evidence_of(logit, np.zeros((2, 2), np.float32), PLAIN)


def test_map_has_only_finite_numbers() -> None:
    heat_map = np.array([[np.nan, np.inf], [-np.inf, 0.5]], np.float32)
    evidence = evidence_of(0, heat_map, PLAIN)
    assert evidence.score == 0.5
    assert evidence.heat_map.tolist() == [[0, 1], [0, 0.5]]
