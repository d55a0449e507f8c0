from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from img_super.lab.evaluation.report import Scored
from img_super.lab.own_documents.compare import (
    NextStep,
    Outcome,
    Rejected,
    advice,
    advice_without_attacks,
    compare,
)


def scored(separation: float, seed: int, documents: int = 150) -> Scored:
    """Each document once genuine and once as attack, with equal noise per document for every model."""
    labels = np.tile([0, 1], documents)
    shared = np.repeat(np.random.default_rng(1).normal(0, 0.5, documents), 2)
    noise = np.random.default_rng(seed).normal(0, 1, 2 * documents)
    names = np.repeat(np.arange(documents).astype(str), 2)
    return Scored(labels, np.where(labels == 1, "own", ""), names, labels * separation + shared + noise)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(0.5, 2.0, Outcome.BETTER), (1.0, 1.0, Outcome.SAME), (2.0, 0.5, Outcome.WORSE)],
)
def test_verdict_needs_significance(first: float, second: float, verdict: Outcome) -> None:
    found = compare("mine", scored(first, 2), scored(second, 3))
    assert found.verdict is verdict
    assert f"{verdict.value}" in found.in_words()
    assert found.auc_gain[0] < found.auc[1] - found.auc[0] < found.auc_gain[1]
    assert found.eer_gain[0] <= found.eer[0] - found.eer[1] <= found.eer_gain[1]


def test_few_documents_prove_nothing() -> None:
    few = compare("mine", scored(0.9, 2, documents=12), scored(1.1, 3, documents=12))
    assert few.verdict is Outcome.SAME


def test_equal_scores_gain_nothing() -> None:
    one = scored(1.0, 2)
    found = compare("mine", one, one)
    assert (found.auc_gain, found.eer_gain, found.verdict) == ((0, 0), (0, 0), Outcome.SAME)


def test_advice_considers_both_sets() -> None:
    better, same = compare("own", scored(0.5, 2), scored(2, 3)), compare("own", scored(1, 2), scored(1, 3))
    worse = compare("own", scored(2, 2), scored(0.5, 3))
    kept = compare("validation", scored(1, 2), scored(1, 2))
    forgotten = replace(kept, auc=(0.75, 0.70))
    told = [advice(better, kept), advice(better, forgotten), advice(same, kept), advice(worse, kept)]
    for one, words in zip(told, ("promote it", "forgotten", "keep the old one", "worse"), strict=True):
        assert words in one.sentence
    assert [one.step for one in told] == [NextStep.PROMOTE, NextStep.SHADOW, NextStep.KEEP_OLD, NextStep.KEEP_OLD]


def test_no_claim_about_attacks_without_attacks() -> None:
    better, same = compare("made", scored(0.5, 2), scored(2, 3)), compare("made", scored(1, 2), scored(1, 3))
    kept = compare("validation", scored(1, 2), scored(1, 2))
    forgotten = replace(kept, auc=(0.75, 0.70))
    told = advice_without_attacks(better, kept)
    assert "was not measured" in told.sentence
    assert told.step is NextStep.SHADOW
    for exchanged, validation in ((same, kept), (None, kept), (better, forgotten)):
        told = advice_without_attacks(exchanged, validation)
        assert "keep the old one" in told.sentence
        assert told.step is NextStep.KEEP_OLD
    assert "forgotten" in advice_without_attacks(better, forgotten).sentence


def test_rejected_genuine_photos_are_counted() -> None:
    documents = np.array(["a", "a", "b", "c"])
    found = Rejected.of("mine", documents, np.array([True, True, False, False]), np.array([False, False, False, True]))
    assert (found.photos, found.documents, found.rejected) == (4, 3, (2, 1))
    assert "rejects 2 (50.0%) (6.8% to 93.2% of new ones), the new one 1 (25.0%)" in found.in_words()
