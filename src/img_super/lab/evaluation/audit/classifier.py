"""How well a set of features separates the classes: two classifiers, cross-validated by document."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from img_super.domain import AnyArray, Float64Array
from img_super.lab.evaluation import metrics, resampling
from img_super.lab.evaluation.audit.from_rows import Features

_FOLDS: Final = 5
_LEAST_CHOICES: Final = 5
_LEAST_SHARE: Final = 0.005
_UNKNOWN: Final = -1e6
"""Stands for a number that is not known where nan cannot; no feature comes near it."""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features [samples, names]; unknown numbers are nan."""

    names: tuple[str, ...]
    values: Float64Array


def tabulate(features: Sequence[Features]) -> FeatureTable:
    """One row per sample; missing numbers are nan.

    A name with `=` is a choice: 0 if not made; rare choices are left out.
    """
    counts = Counter(name for sample in features for name in sample)
    least = max(_LEAST_CHOICES, _LEAST_SHARE * len(features))
    names = tuple(name for name, count in counts.items() if "=" not in name or count >= least)
    defaults = [0.0 if "=" in name else np.nan for name in names]
    lines = [[sample.get(name, default) for name, default in zip(names, defaults, strict=True)] for sample in features]
    return FeatureTable(names, np.array(lines, np.float64))


def out_of_fold_scores(values: Float64Array, labels: AnyArray, documents: AnyArray, seed: int) -> Float64Array:
    """Each sample's probability of an attack, by classifiers that have seen no sample of its document.

    The mean of a logistic regression, which needs little data, and of boosted trees, which see interactions.
    """
    scores = np.zeros(len(labels))
    if not values.shape[1]:
        return scores
    folds = GroupKFold(n_splits=_FOLDS, shuffle=True, random_state=seed)
    for learn, judge in folds.split(values, labels, documents):
        for classifier in (_linear(), _trees(seed)):
            classifier.fit(values[learn], labels[learn])
            scores[judge] += classifier.predict_proba(values[judge])[:, 1] / 2
    return scores


def auc_interval(
    labels: AnyArray, scores: AnyArray, documents: AnyArray, seed: int, outside: float
) -> tuple[float, float]:
    """A bootstrap interval of the AUC, resampling whole documents, that misses the truth in a share `outside`."""
    parts = (resampling.drawn_weights(documents, seed + part, 50) for part in range(20))  # all at once take gigabytes
    areas = [resampling.Curves.of(labels, scores, weights).auc() for weights in parts]
    low, high = np.nanquantile(areas, [outside / 2, 1 - outside / 2])
    return float(low), float(high)


def strongest_feature(table: FeatureTable, labels: AnyArray) -> str:
    """The name of the feature that separates the classes best by itself."""
    distances = [_apart(column, labels) for column in table.values.T]
    return table.names[int(np.argmax(distances))] if distances else "none"


def _apart(column: Float64Array, labels: AnyArray) -> float:
    is_finite = np.isfinite(column)
    area = metrics.auc(labels[is_finite], column[is_finite])
    return abs(area - 0.5) if np.isfinite(area) else 0.0


def _linear() -> Any:  # scikit-learn has no types
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(impute, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


def _trees(seed: int) -> Any:
    # The trees accept nan, but not a feature that is all nan in a fold.
    impute = SimpleImputer(strategy="constant", fill_value=_UNKNOWN, keep_empty_features=True)
    trees = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=8, learning_rate=0.1, l2_regularization=1.0, early_stopping=False, random_state=seed
    )
    return make_pipeline(impute, trees)
