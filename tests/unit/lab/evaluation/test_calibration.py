from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.evaluation import calibration


def drawn(probability: np.ndarray, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).uniform(0, 1, len(probability)) < probability).astype(int)


def test_platt_gives_probabilities() -> None:
    logits = np.random.default_rng(1).normal(0, 8, 4000)
    fitted = calibration.fit_platt(logits, drawn(1 / (1 + np.exp(-(logits / 4 + 0.5)))))
    assert fitted.temperature == pytest.approx(4, rel=0.15)
    assert fitted.bias == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize("fit", [calibration.fit_platt, calibration.fit_isotonic])
def test_logits_that_fall_with_suspicion_are_refused(fit: object) -> None:
    with pytest.raises(ValueError, match="suspicion"):
        fit(np.arange(8.0)[::-1], np.repeat([0, 1], 4))  # type: ignore[operator]


def test_isotonic_fits_what_no_temperature_can_without_ties() -> None:
    logits = np.random.default_rng(2).uniform(-4, 4, 6000)
    truth = np.where(np.abs(logits) < 2, 0.5, np.where(logits < 0, 0.1, 0.9))
    fitted = calibration.fit_isotonic(logits, drawn(truth))
    scores = calibration.scores_of(fitted, np.linspace(-4, 4, 500))
    assert (np.diff(scores) > 0).all()
    assert scores[0] >= 0
    assert scores[-1] <= 1
    assert calibration.scores_of(fitted, np.array([-1.0, 0, 1])) == pytest.approx([0.5] * 3, abs=0.06)


@pytest.mark.parametrize(("odd", "kept_knots"), [(True, True), (False, False)])
def test_isotonic_is_kept_only_if_it_is_better(odd: bool, kept_knots: bool) -> None:
    logits = np.random.default_rng(3).uniform(-4, 4, 3000)
    plain = 1 / (1 + np.exp(-logits))
    labels = drawn(np.where(np.abs(logits) < 3, 0.5, (logits > 0) * 0.98 + 0.01) if odd else plain)
    compared = calibration.fit_better(logits, labels, np.arange(3000) // 2, np.ones(3000))
    assert bool(compared.calibration.knots) is kept_knots
    assert (compared.log_loss["isotonic"] < compared.log_loss["platt"]) or not odd
