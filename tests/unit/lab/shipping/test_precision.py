from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from img_super.lab.dataset.crops import read_crops
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.shipping.precision import FLOAT, INT8, compare_precisions, which_serves
from img_super.model_card import Precision, read_card, read_weights
from img_super.pipeline.load import SHIPPED_MODEL


@pytest.mark.parametrize(
    ("auc_loss", "score_change", "median_ms", "serves"),
    [(0.004, 0, 5, INT8), (0.004, 0, 9, FLOAT), (0.006, 0, 5, FLOAT), (-0.01, 0, 5, INT8), (0, 0.02, 5, FLOAT)],
)
def test_int8_serves_when_it_agrees_and_is_faster(
    auc_loss: float, score_change: float, median_ms: float, serves: str
) -> None:
    integers = Precision(0.9, median_ms, 9.0, 1, auc_loss, p90_score_change=score_change)
    found = {FLOAT: Precision(0.9, 8.0, 9.0, 1), INT8: integers}
    assert which_serves(found) == serves


def test_equal_weights_agree(data_set: Path) -> None:
    weights = read_weights(SHIPPED_MODEL, read_card(SHIPPED_MODEL), FLOAT)
    crops = read_crops(data_set)
    crops = replace(crops, crops=crops.crops[::3], rows=crops.rows[::3])
    logits = answers_of(weights, crops.crops).logits
    called_so = np.random.default_rng(1).normal(0, logits.std() / 2, len(logits)) + logits > np.median(logits)
    rows = [structs.replace(row, label=int(label)) for row, label in zip(crops.rows, called_so, strict=True)]
    found = compare_precisions({FLOAT: weights, INT8: weights}, replace(crops, rows=tuple(rows)))
    assert found[INT8].auc_loss == 0
    assert found[INT8].auc_loss_interval_95 == (0, 0)
    assert found[INT8].median_score_change == 0
    assert 0.5 < found[FLOAT].auc == found[INT8].auc
    assert 0 < found[FLOAT].median_ms <= found[FLOAT].p90_ms
