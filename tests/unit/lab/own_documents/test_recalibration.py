"""The shipped network on drawn crops; only the handling of its answers matters."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from img_super.domain import Label
from img_super.figures import ScoreQuantiles, SetFigures
from img_super.lab.evaluation.answers import NetworkAnswers
from img_super.lab.evaluation.calibration import scores_of
from img_super.lab.evaluation.evaluate import MeasuredModel
from img_super.lab.evaluation.report import QUANTILES
from img_super.lab.own_documents import recalibration
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import OwnCrop, OwnDocuments
from img_super.lab.own_documents.recalibration import OWN, Wish, genuine_shape, log_odds, recalibrate
from img_super.lab.own_documents.small_samples import BELL
from img_super.model_card import ModelCard, PolicyName, read_card, write_card
from img_super.pipeline.load import SHIPPED_MODEL

CROP = np.zeros((8, 8, 3), np.uint8)


def own(genuine: int, attack: int, documents: int | None = None) -> OwnDocuments:
    labels = [Label.BONA_FIDE] * genuine + [Label.ATTACK] * attack
    crops = (
        OwnCrop(f"{n}.jpg", f"{n:064x}", label, "", f"own-{n % (documents or len(labels))}", CROP)
        for n, label in enumerate(labels)
    )
    return OwnDocuments(tuple(crops), ())


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> MeasuredModel:
    """Genuine logits around 0, attacks around 3, in the order of the crops."""

    def answers(_: bytes, crops: list[object], threads: int = 1) -> NetworkAnswers:
        rng = np.random.default_rng(5)
        logits = np.concatenate([rng.normal(0, 1, GENUINE), rng.normal(3, 1, len(crops) - GENUINE)])
        return NetworkAnswers(logits, np.empty(0, np.float32))

    monkeypatch.setattr(recalibration, "answers_of", answers)
    return MeasuredModel.read(SHIPPED_MODEL)


GENUINE = 60


def scores(card: ModelCard, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return scores_of(card.calibration, np.random.default_rng(5).normal(0, 1, count))


def test_every_policy_adapts_to_own_documents(model: MeasuredModel) -> None:
    found = recalibrate(model, own(GENUINE, 30), Wish(0.1), "0.4.0+cal.1")
    card = found.card
    assert (card.version, card.files, card.calibration) == ("0.4.0+cal.1", model.card.files, model.card.calibration)
    assert np.mean(scores(card, GENUINE) >= card.threshold) == pytest.approx(0.1, abs=0.02)
    strict, balanced, lenient = (card.policies[name] for name in PolicyName)
    assert strict.threshold < balanced.threshold < lenient.threshold
    assert (strict.max_bpcer, balanced.max_bpcer, lenient.max_bpcer) == (0.2, 0.1, 0.02)
    assert card.undetermined[0] <= card.threshold <= card.undetermined[1]
    assert (card.threshold, card.undetermined) == (balanced.threshold, balanced.undetermined)


def test_card_states_its_origin_and_contains_no_photo(model: MeasuredModel, tmp_path: Path) -> None:
    documents = own(GENUINE, 30)
    card = recalibrate(model, documents, Wish(0.05), "1").card
    assert card.lineage is not None
    assert card.lineage.parent == f"{model.card.name} {model.card.version}"
    assert card.lineage.photos == {"bona_fide": GENUINE, "attack": 30, "documents": 90}
    assert card.lineage.fingerprint == documents.fingerprint()
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card
    text = (tmp_path / "card.json").read_text()
    assert ".jpg" not in text
    assert f"{1:064x}" not in text


def test_reports_confidence_intervals(model: MeasuredModel) -> None:
    few, many = (recalibrate(model, own(GENUINE, 0, documents), Wish(0.05), "1") for documents in (12, None))
    assert "12 different genuine documents (60 photos)" in " ".join(few.sentences)
    assert "collect" in few.sentences[-1]
    wide, narrow = (model.card.figures[OWN] for model in (few, many))
    assert wide.bpcer_between is not None
    assert narrow.bpcer_between is not None
    assert wide.bpcer_between[0] < narrow.bpcer_between[0] < narrow.bpcer_between[1] < wide.bpcer_between[1]
    assert (wide.way, narrow.way) == ("shape", "rank")


def test_costs_choose_the_threshold_when_there_are_attacks(model: MeasuredModel) -> None:
    cheap, dear = (
        recalibrate(model, own(GENUINE, 60), Wish(None, ratio, 0.05), "1").card.threshold for ratio in (2.0, 500.0)
    )
    assert dear < cheap
    with pytest.raises(BadLabels, match="needs attacks"):
        recalibrate(model, own(GENUINE, 0), Wish(None, 10.0), "1")


def test_nine_documents_are_too_few(model: MeasuredModel) -> None:
    with pytest.raises(BadLabels, match="at least 10"):
        recalibrate(model, own(GENUINE, 0, documents=9), Wish(0.05), "1")


def test_shape_comes_from_the_card(card: ModelCard) -> None:
    quantiles = tuple(np.linspace(0.01, 0.6, len(QUANTILES)).tolist())
    figures = SetFigures(score_quantiles=ScoreQuantiles(quantiles, quantiles))
    known = msgspec.structs.replace(card, figures={"generated_validation": figures})
    assert genuine_shape(card) is BELL
    assert genuine_shape(known).values.tolist() == log_odds(np.array(quantiles[1:-1])).tolist()
