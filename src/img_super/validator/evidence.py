"""What a network said of a crop, checked once, where it enters."""

from math import isfinite

import numpy as np

from img_super.domain import Evidence, FloatMap
from img_super.model_card import Calibration


def evidence_of(logit: float, heat_map: FloatMap, calibration: Calibration) -> Evidence:
    """The calibrated answer. Raises `ArithmeticError`: the network returned no number."""
    if not isfinite(logit):
        raise ArithmeticError("The validation network returned no number.")
    return Evidence(calibration.score(logit), np.nan_to_num(heat_map, posinf=1, neginf=0))
