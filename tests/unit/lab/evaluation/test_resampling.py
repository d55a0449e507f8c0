from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from img_super.lab.evaluation import metrics, resampling
from img_super.lab.evaluation.reliability import expected_calibration_error, reliability

RNG = np.random.default_rng(4)
LABELS = RNG.integers(0, 2, 300)
SCORES = np.round(RNG.normal(LABELS * 0.8, 1), 1)  # many ties
ONCE = np.ones((1, 300))


@pytest.mark.parametrize("level", [0.0, 0.01, 0.1, 0.5])
def test_unweighted_figures_equal_scikit_learn(level: float) -> None:
    curves = resampling.Curves.of(LABELS, SCORES)
    false_alarms, hits, _ = roc_curve(LABELS, SCORES, drop_intermediate=False)
    nearest = np.argmin(np.abs(1 - hits - false_alarms))
    assert curves.auc()[0] == pytest.approx(metrics.auc(LABELS, SCORES))
    assert curves.equal_error_rate()[0] == pytest.approx((1 - hits[nearest] + false_alarms[nearest]) / 2)
    assert curves.bpcer_at_apcer(level)[0] == pytest.approx(false_alarms[1 - hits <= level + 1e-12].min())
    assert curves.tpr_at_fpr(level)[0] == pytest.approx(hits[false_alarms <= level + 1e-12].max())


def test_weights_equal_repeated_samples() -> None:
    weights = resampling.drawn_weights(np.arange(300) // 3, seed=1, draws=5)
    curves = resampling.Curves.of(LABELS, SCORES, weights)
    for draw, counts in enumerate(weights.astype(int)):
        labels, scores = np.repeat(LABELS, counts), np.repeat(SCORES, counts)
        assert curves.auc()[draw] == pytest.approx(metrics.auc(labels, scores))
        assert resampling.mean(SCORES, weights)[draw] == pytest.approx(scores.mean())


def test_whole_documents_are_resampled() -> None:
    documents = np.repeat(np.arange(50), 6)
    weights = resampling.drawn_weights(documents, seed=1, draws=20).reshape(20, 50, 6)
    assert (weights == weights[:, :, :1]).all()
    assert (weights[:, :, 0].sum(axis=1) == 50).all()


def test_correlated_samples_widen_the_intervals() -> None:
    values = np.repeat(np.random.default_rng(1).uniform(0, 1, 20), 10)
    widths = []
    for documents in (np.arange(200), np.repeat(np.arange(20), 10)):
        low, high = resampling.interval(resampling.mean(values, resampling.drawn_weights(documents, 1)))
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]


def test_figures_of_a_missing_class_are_nan() -> None:
    curves = resampling.Curves.of(np.zeros(300, int), SCORES, ONCE)
    for values in (curves.auc(), curves.equal_error_rate(), curves.bpcer_at_apcer(0.1)):
        assert np.isnan(values).all()
        assert np.isnan(resampling.interval(values)).all()


def test_a_thousand_draws_of_1200_samples_take_seconds_at_most() -> None:
    labels, scores = np.arange(1200) % 2, np.random.default_rng(1).normal(0, 1, 1200)
    began = time.process_time()
    resampling.Curves.of(labels, scores, resampling.drawn_weights(np.arange(1200) // 2, 1)).auc()
    assert time.process_time() - began < 5


def test_calibrated_scores_have_no_calibration_error() -> None:
    scores = np.random.default_rng(5).uniform(0, 1, 20_000)
    labels = (np.random.default_rng(6).uniform(0, 1, 20_000) < scores).astype(int)
    assert reliability(labels, scores).ece < 0.02
    assert reliability(labels, scores / 2).ece == pytest.approx(0.25, abs=0.02)
    found = reliability(labels, scores)
    assert found.attack_share == pytest.approx(found.mean_score, abs=0.05)
    weights = np.stack([np.ones(20_000), np.arange(20_000) % 2]).astype(np.float64)
    assert expected_calibration_error(labels, scores, weights)[0] == pytest.approx(found.ece)
    rare = np.where(labels == 1, weights[1], 1.0)  # half of the attacks removed: the score keeps its meaning
    assert expected_calibration_error(labels, scores, rare[None])[0] < 0.02
