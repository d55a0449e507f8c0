from __future__ import annotations

import numpy as np
import pytest

from img_super.evaluation import metrics
from img_super.evaluation.card import Validation, make_card
from img_super.evaluation.report import Scored
from img_super.registry.card import WeightsFile

FILES = {"litert": WeightsFile("weights.tflite", "0" * 64)}


def drawn(shift: float, genuine: int, attacks: int, seed: int) -> Validation:
    """Logits of a set in which everything looks more suspicious by `shift`."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [genuine, attacks])
    logits = np.concatenate([rng.normal(-1, 1, genuine), rng.normal(2, 1, attacks)]) + shift
    documents = np.array([f"{seed}-{number}" for number in range(len(labels))])
    return Validation(Scored(labels, np.where(labels, "pasted_head", "").astype(np.str_), documents, logits))


def test_the_threshold_holds_on_every_set() -> None:
    sets = [drawn(0, 400, 400, 1), drawn(1.5, 80, 240, 2)]
    card = make_card(FILES, 224, sets, "1.2.3")
    alone = make_card(FILES, 224, sets[:1], "1.2.3")
    for one in sets:
        scored = one.scored(card.calibration)
        assert metrics.bpcer(scored.scores[scored.labels == 0], card.threshold) <= 0.05
    shifted = sets[1].scored(alone.calibration)
    assert metrics.bpcer(shifted.scores[shifted.labels == 0], alone.threshold) > 0.2
    assert card.undetermined[0] <= card.threshold <= card.undetermined[1]


def test_the_card_says_what_it_is() -> None:
    card = make_card(FILES, 224, [drawn(0, 400, 400, 1)], "1.2.3")
    assert (card.version, card.files, card.input_side_px) == ("1.2.3", FILES, 224)
    assert card.figures["generated_validation"]["bona_fide"] == 400
    assert "non-commercial" in card.terms
    assert card.limits


def test_each_set_and_class_counts_alike() -> None:
    few_attacks, many_attacks = drawn(0, 2000, 200, 1), drawn(0, 2000, 6000, 2)
    biases = [make_card(FILES, 224, [one], "1").calibration.bias for one in (few_attacks, many_attacks)]
    assert biases[0] == pytest.approx(biases[1], abs=0.3)
