from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
import pytest

from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.evaluation import metrics, resampling
from img_super.lab.evaluation.report import Scored
from img_super.lab.shipping.card import Validation, calibrate, make_card
from img_super.model_card import PolicyName, WeightsFile

FILES = {"litert": WeightsFile("weights.tflite", "0" * 64)}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are not what these tests look at."""
    monkeypatch.setattr(resampling, "drawn_weights", partial(resampling.drawn_weights, draws=50))


def drawn(shift: float, genuine: int, attacks: int, seed: int) -> Validation:
    """Logits of a set in which everything scores higher by `shift`."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [genuine, attacks])
    logits = np.concatenate([rng.normal(-1, 1, genuine), rng.normal(2, 1, attacks)]) + shift
    documents = np.array([f"{seed}-{number}" for number in range(len(labels))])
    return Validation(Scored(labels, np.where(labels, "pasted_head", "").astype(np.str_), documents, logits))


def test_threshold_holds_on_every_set() -> None:
    sets = {GENERATED: drawn(0, 400, 400, 1), "real": drawn(1.5, 80, 240, 2)}
    card = make_card(FILES, 224, sets, "1.2.3")
    alone = make_card(FILES, 224, {GENERATED: sets[GENERATED]}, "1.2.3")
    for name, one in sets.items():
        scored = one.scored(card.calibration)
        assert metrics.bpcer(scored.genuine, card.threshold) <= (0.075 if name == GENERATED else 0.05)
    shifted = sets["real"].scored(alone.calibration)
    assert metrics.bpcer(shifted.genuine, alone.threshold) > 0.2
    assert card.undetermined[0] <= card.threshold <= card.undetermined[1]


def test_generated_documents_may_exceed_the_bound_only_beside_real_ones() -> None:
    harder = drawn(1.5, 400, 400, 1)
    alone = make_card(FILES, 224, {GENERATED: harder}, "1")
    guarded = make_card(FILES, 224, {GENERATED: harder, "real": drawn(0, 400, 400, 2)}, "1")
    for card, bound in ((alone, 0.05), (guarded, 0.075)):
        assert metrics.bpcer(harder.scored(card.calibration).genuine, card.threshold) == pytest.approx(bound, abs=0.006)


def test_card_describes_the_model() -> None:
    card = make_card(FILES, 224, {GENERATED: drawn(0, 400, 400, 1)}, "1.2.3")
    assert (card.version, card.files, card.input_side_px) == ("1.2.3", FILES, 224)
    assert card.figures["generated_validation"].bona_fide == 400
    assert "non-commercial" in card.terms
    assert card.limits


def test_scores_are_calibrated_on_real_photos() -> None:
    real = drawn(1, 400, 400, 2)
    cards = [make_card(FILES, 224, {GENERATED: drawn(shift, 400, 400, 1), "real": real}, "1") for shift in (-3, 0)]
    assert cards[0].calibration == cards[1].calibration == calibrate([real.logits]).calibration


def test_sets_and_classes_have_equal_weight() -> None:
    few_attacks, many_attacks = drawn(0, 2000, 200, 1), drawn(0, 2000, 6000, 2)
    biases = [calibrate([one.logits]).calibration.bias for one in (few_attacks, many_attacks)]
    assert biases[0] == pytest.approx(biases[1], abs=0.3)


def test_each_policy_keeps_its_promise_and_states_its_rates() -> None:
    sets = {GENERATED: drawn(0, 400, 400, 1), "real": drawn(0.5, 200, 240, 2)}
    card = make_card(FILES, 224, sets, "1")
    strict, balanced, lenient = (card.policies[name] for name in PolicyName)
    assert (card.threshold, card.undetermined) == (balanced.threshold, balanced.undetermined)
    assert strict.threshold < balanced.threshold < lenient.threshold
    for policy in (strict, balanced, lenient):
        assert policy.max_bpcer is not None
        assert policy.undetermined[0] <= policy.threshold <= policy.undetermined[1]
        for name, found in policy.figures.items():
            assert found.bpcer.value <= policy.max_bpcer * (2 if name == GENERATED else 1)
            assert found.apcer is not None
            low, high = found.apcer.interval_95
            assert low <= found.apcer.value <= high
            assert found.worst_species is not None
            assert found.worst_species.name == "pasted_head"
    missed = [msgspec.to_builtins(policy.figures[GENERATED].apcer)["value"] for policy in (strict, balanced, lenient)]
    assert missed == sorted(missed)
    assert missed[0] < missed[2]


def test_genuine_documents_move_thresholds_only() -> None:
    generated = drawn(0, 400, 400, 1)
    one = make_card(FILES, 32, {GENERATED: generated}, "1.0.0")
    both = make_card(FILES, 32, {GENERATED: generated, "own": drawn(1, 400, 0, 2)}, "1.0.0")
    assert both.calibration == one.calibration
    assert both.threshold > one.threshold
    figures = both.policies[PolicyName.BALANCED].figures["own"]
    assert msgspec.to_builtins(figures).keys() == {"bpcer", "undetermined"}
    assert figures.bpcer.value <= 0.05
