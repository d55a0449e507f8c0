"""Checks a network's answer for a crop, once."""

from math import isfinite

import numpy as np

from img_super.domain import Evidence, FloatMap
from img_super.model_card import Calibration


def evidence_of(logit: float, heat_map: FloatMap, calibration: Calibration) -> Evidence:
    """The calibrated answer. Raises `ArithmeticError`: the network returned a non-finite number."""
    if not isfinite(logit):
        raise ArithmeticError("The validation network returned no number.")
    return Evidence(calibration.score(logit), np.nan_to_num(heat_map, posinf=1, neginf=0))
