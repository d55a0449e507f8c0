from __future__ import annotations

import numpy as np
import pytest

from img_super.evaluation import calibration, metrics
from img_super.evaluation.report import Scored, figures, rows_of

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1])
APART = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
MIXED = np.array([0.1, 0.2, 0.3, 0.7, 0.4, 0.6, 0.8, 0.9])


@pytest.mark.parametrize(
    ("scores", "auc", "eer", "bpcer_at_ten"), [(APART, 1.0, 0.0, 0.0), (MIXED, 14 / 16, 0.25, 0.25), (-APART, 0, 1, 1)]
)
def test_ranking_figures(scores: np.ndarray, auc: float, eer: float, bpcer_at_ten: float) -> None:
    assert metrics.auc(LABELS, scores) == pytest.approx(auc)
    assert metrics.equal_error_rate(LABELS, scores) == pytest.approx(eer)
    assert metrics.bpcer_at_apcer(LABELS, scores, 0.10) == pytest.approx(bpcer_at_ten)


def test_one_class_alone_has_no_auc() -> None:
    assert np.isnan(metrics.auc(np.ones(4), APART[:4]))


@pytest.mark.parametrize(("threshold", "rejected", "accepted"), [(0.35, 0.25, 0.0), (0.6, 0.25, 0.25), (0.75, 0, 0.5)])
def test_a_score_at_the_threshold_counts_as_an_attack(threshold: float, rejected: float, accepted: float) -> None:
    assert metrics.bpcer(MIXED[LABELS == 0], threshold) == rejected
    assert metrics.apcer(MIXED[LABELS == 1], threshold) == accepted


@pytest.mark.parametrize("level", [0.0, 0.05, 0.1, 0.5])
def test_the_threshold_keeps_its_promise(level: float) -> None:
    genuine = np.random.default_rng(1).uniform(0, 1, 200)
    threshold = metrics.threshold_for_bpcer(genuine, level)
    assert metrics.bpcer(genuine, threshold) <= level
    assert metrics.bpcer(genuine, threshold - 0.02) > level


def test_intervals_widen_when_samples_of_a_document_are_alike() -> None:
    values = np.repeat(np.random.default_rng(1).uniform(0, 1, 20), 10)
    alone = metrics.clustered_interval(lambda at: float(values[at].mean()), np.arange(200), 1)
    together = metrics.clustered_interval(lambda at: float(values[at].mean()), np.repeat(np.arange(20), 10), 1)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_calibration_gives_probabilities() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 8, 4000)
    labels = (rng.uniform(0, 1, 4000) < 1 / (1 + np.exp(-(logits / 4 + 0.5)))).astype(int)
    fitted = calibration.fit_platt(logits, labels)
    assert fitted.temperature == pytest.approx(4, rel=0.15)
    assert fitted.bias == pytest.approx(0.5, abs=0.2)


def test_logits_that_fall_with_suspicion_are_refused() -> None:
    with pytest.raises(ValueError, match="suspicion"):
        calibration.fit_platt(-APART, LABELS)


def test_threshold_and_band_from_validation() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 500)
    scores = np.concatenate([rng.beta(2, 6, 500), rng.beta(6, 2, 500)])
    genuine = [scores[labels == 0], scores[labels == 0] + 0.1]
    threshold = calibration.choose_threshold(genuine)
    low, high = calibration.undetermined_band(genuine, threshold)
    assert metrics.bpcer(genuine[0], threshold) < metrics.bpcer(genuine[1], threshold) <= 0.05
    assert low <= threshold <= high


def test_the_report_has_every_species_and_becomes_a_table() -> None:
    species = np.array(["", "", "", "", "face_swap", "face_swap", "pasted_head", "pasted_head"])
    documents = np.array(["a", "b", "c", "d"] * 2)
    found = figures(Scored(LABELS, species, documents, MIXED), 0.5)
    assert found["bpcer"]["value"] == 0.25
    assert found["species"]["face_swap"]["apcer"]["value"] == 0.5
    assert found["documents"] == 4
    assert len(rows_of("some", found)) == 3 + 3 + 2 * 2
