from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.domain import Label
from img_super.feedback.drift import compare, reference_of_card, reference_of_past, truth
from img_super.feedback.store import Judgement, Labelled, Store
from img_super.figures import SetFigures
from img_super.lab.evaluation.report import score_quantiles
from img_super.model_card import ModelCard, read_card, write_card
from img_super.pipeline.load import SHIPPED_MODEL

VERSION = read_card(SHIPPED_MODEL).version


def judgements(scores: list[float], at_s: float = 1.0, quality: str = "", threshold: float = 0.8) -> list[Judgement]:
    return [
        Judgement(str(n), at_s, "m", VERSION, "0" * 64, score, threshold, "bona_fide", quality)
        for n, score in enumerate(scores)
    ]


def judged(scores: list[float], quality: str = "") -> list[Labelled]:
    return [Labelled(one, None) for one in judgements(scores, quality=quality)]


def drawn(count: int, seed: int, a: float = 2, b: float = 6) -> list[float]:
    return [float(score) for score in np.random.default_rng(seed).beta(a, b, count)]


def with_quantiles(card: ModelCard, scores: list[float], quality: dict[str, float] | None = None) -> ModelCard:
    quantiles = score_quantiles(np.zeros(len(scores), np.int64), np.array(scores))
    own = SetFigures(bona_fide=500, score_quantiles=quantiles, quality=quality)
    return msgspec.structs.replace(card, figures={"own_documents": own})


def test_equal_scores_have_not_drifted(card: ModelCard) -> None:
    reference = reference_of_card(with_quantiles(card, drawn(2000, 1)))
    assert reference is not None
    drifts = [compare(judged(drawn(300, seed)), reference)[0].drifted for seed in range(2, 42)]
    assert sum(drifts) == 0


def test_shifted_scores_have_drifted(card: ModelCard) -> None:
    reference = reference_of_card(with_quantiles(card, drawn(2000, 1)))
    assert reference is not None
    assert compare(judged(drawn(300, 2, a=4)), reference)[0].drifted


def test_small_or_chance_changes_are_not_drift() -> None:
    reference = reference_of_past(judged(drawn(1000, 1)), "before")
    assert not compare(judged(drawn(100, 3, a=2.2)), reference)[0].drifted


def test_tied_scores_are_handled() -> None:
    reference = reference_of_past(judged([0.1] * 300 + drawn(100, 1)), "before")
    assert not compare(judged([0.1] * 305 + drawn(95, 2)), reference)[0].drifted
    assert compare(judged([0.9] * 400), reference)[0].drifted


def test_worse_photo_quality_is_reported(card: ModelCard) -> None:
    reference = reference_of_card(with_quantiles(card, drawn(500, 1), {"small_portrait": 0.05}))
    assert reference is not None
    photos = judged(drawn(100, 2), "small_portrait blurred") + judged(drawn(200, 3))
    findings = {one.what: one.drifted for one in compare(photos, reference)}
    assert findings["photos with small_portrait"]
    assert findings["photos with blurred"]


def test_card_without_scores_cannot_be_a_reference(card: ModelCard) -> None:
    assert reference_of_card(card) is None


def test_labels_count_errors() -> None:
    photos = [
        Labelled(judgements([score])[0], label)
        for score, label in ((0.9, Label.BONA_FIDE), (0.1, Label.BONA_FIDE), (0.1, Label.ATTACK), (0.9, None))
    ]
    assert truth(photos) == {
        "genuine": 2, "genuine_rejected": 1, "attacks": 1, "attacks_let_pass": 1, "left_to_a_person": 0,
    }  # fmt: skip


@pytest.fixture
def judged_lately(place: str) -> None:
    now_s = time.time()
    store = Store(place)
    store.add(judgements(drawn(300, 1), now_s - 3 * 86_400))
    store.add(judgements(drawn(200, 2, a=5), now_s - 60))
    store.close()


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["drift", *args], env={"COLUMNS": "160"})
    return result.exit_code, result.output


@pytest.mark.usefixtures("judged_lately")
def test_command_warns(place: str, tmp_path: Path, card: ModelCard) -> None:
    write_card(with_quantiles(msgspec.structs.replace(card, version=VERSION), drawn(2000, 1)), tmp_path)
    code, told = run("--feedback", place, "--model", str(tmp_path), "--json")
    assert (code, json.loads(told)["drifted"]) == (1, True)
    code, told = run("--feedback", place, "--against-days", "7")
    assert code == 1
    assert "drifted" in told
    code, told = run("--feedback", str(tmp_path / "empty.db"), "--model", str(tmp_path))
    assert (code, "100 are needed" in told) == (3, True)
