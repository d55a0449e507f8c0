"""How well scores tell attacks from genuine documents. Higher scores mean more suspicion throughout.

APCER (attacks accepted), BPCER (genuine documents rejected) and the names of the classes are those of
ISO/IEC 30107-3; these figures are not a test to that standard.
"""

from typing import Final

import numpy as np
from sklearn.metrics import roc_auc_score

from img_super.domain import AnyArray, Float64Array

APCER_LEVELS: Final = (0.10, 0.05, 0.01)
BPCER_LEVELS: Final = (0.05, 0.01)
FREUID_BPCER: Final = 0.01


def auc(labels: AnyArray, scores: AnyArray) -> float:
    """Area under the ROC curve; nan with a single class."""
    return float(roc_auc_score(labels, scores)) if len(np.unique(labels)) == 2 else float("nan")


def bpcer(genuine_scores: AnyArray, threshold: float) -> float:
    """Share of genuine documents whose score reaches the threshold."""
    return float(np.mean(np.asarray(genuine_scores, np.float64) >= threshold)) if len(genuine_scores) else float("nan")


def apcer(attack_scores: AnyArray, threshold: float) -> float:
    """Share of attacks whose score stays below the threshold."""
    return float(np.mean(np.asarray(attack_scores, np.float64) < threshold)) if len(attack_scores) else float("nan")


def freuid_of(auc: Float64Array, apcer: Float64Array) -> Float64Array:
    """The score of the FREUID challenge of 2026, in [0, 1]; 0 is the best.

    1 - harmonic mean of 1 - AuDET and 1 - APCER at a BPCER of 1 %.

    AuDET is taken as the area under APCER against BPCER on linear axes, which is 1 - AUC; the APCER as that of the best
    threshold that keeps the BPCER, without a line drawn between thresholds. Participants' programs do the same; the
    challenge's own program was not available.
    """
    recall = 1 - apcer
    total = auc + recall
    return np.asarray(1 - 2 * auc * recall / np.where(total > 0, total, 1))


def threshold_for_bpcer(genuine_scores: AnyArray, level: float) -> float:
    """The lowest threshold at which at most `level` of the genuine documents are rejected."""
    ordered = np.sort(np.asarray(genuine_scores, np.float64))[::-1]
    allowed = int(np.floor(level * len(ordered) + 1e-9))
    return float(np.nextafter(ordered[allowed], np.inf))
