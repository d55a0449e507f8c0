"""The shipped weights in place of tuned ones, to test files and reports, not quality."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.domain import Label
from img_super.lab.dataset.crops import CropSet, read_crops
from img_super.lab.dataset.manifest import SampleRow
from img_super.lab.evaluation.evaluate import MeasuredModel
from img_super.lab.own_documents.compare import ModelComparison
from img_super.lab.own_documents.read import OwnCrop, OwnDocuments
from img_super.lab.own_documents.recalibration import OWN
from img_super.lab.shipping.card import Validation
from img_super.lab.training.recipe import Recipe
from img_super.model_card import ModelCard, read_card, write_card
from img_super.pipeline.load import SHIPPED_MODEL

if TYPE_CHECKING:
    from img_super.lab.own_documents.tuned import OwnAnswers


@pytest.fixture
def own() -> OwnAnswers:
    """Twenty documents, genuine and superimposed, which the tuned networks separate."""
    from img_super.lab.own_documents.tuned import OwnAnswers

    rng = np.random.default_rng(1)
    crops = tuple(
        OwnCrop(f"{n}.jpg", f"{n:064x}", Label(n % 2), "", f"d{n // 2}", rng.integers(0, 255, (32, 32, 3), np.uint8))
        for n in range(40)
    )
    rows = tuple(SampleRow("own", n, n % 2, "own" if n % 2 else "", f"d{n // 2}") for n in range(40))
    pixels = np.stack([crop.crop for crop in crops])
    seen = CropSet(pixels, np.zeros((40, 56, 56), np.uint8), rows, np.zeros(40, np.bool_))
    logits = np.array([3.0 * (n % 2) for n in range(40)]) + rng.normal(0, 0.5, 40)
    return OwnAnswers(OwnDocuments(crops, ()), seen, logits)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The arguments of `ship`, which is replaced by a copy of the shipped model."""
    from img_super.lab.own_documents import tuned as tuned_module

    found: dict[str, Any] = {}

    def shipped(trained: Path, folder: Path, validation: CropSet, version: str, **more: object) -> ModelCard:
        found.update(more)
        shutil.copytree(SHIPPED_MODEL, folder)
        card = msgspec.structs.replace(read_card(folder), version=version)
        write_card(card, folder)
        return card

    monkeypatch.setattr(tuned_module, "ship", shipped)
    return found


def test_tuned_model_states_its_origin_and_is_compared(
    own: OwnAnswers, asked: dict[str, Any], data_set: Path, tmp_path: Path
) -> None:
    from img_super.lab.own_documents.tuned import ship_tuned

    parent = MeasuredModel.read(SHIPPED_MODEL)
    found = ship_tuned(parent, tmp_path / "best.keras", own, read_crops(data_set), tmp_path / "model", "0.4.0+own.1")
    card = read_card(tmp_path / "model")
    assert card == found.card
    assert card.lineage is not None
    assert (card.lineage.step, card.lineage.photos["documents"]) == ("fine_tuned", 20)
    own_figures = msgspec.to_builtins(card.figures[OWN])
    assert (own_figures["bona_fide"], own_figures["auc"]["value"]) == (20, 1.0)
    assert asked["own"][0] == OWN
    assert isinstance(asked["own"][1], Validation)
    assert len(asked["representative"]) == 40
    assert isinstance(found.own, ModelComparison)
    assert found.own.auc[1] == 1.0
    # Equal weights rank validation alike.
    assert found.validation.auc[0] == found.validation.auc[1]
    assert found.validation.auc_gain == (0, 0)
    assert len(found.sentences()) == 3
    assert msgspec.json.decode(msgspec.json.encode(found.as_json()))["verdict"] == found.own.verdict


def test_without_attacks_reports_genuine_rejections_and_exchanges(
    own: OwnAnswers, asked: dict[str, Any], data_set: Path, tmp_path: Path
) -> None:
    from img_super.lab.own_documents.tuned import OwnAnswers, ship_tuned

    genuine = np.flatnonzero(own.crops.labels == 0)
    documents = OwnDocuments(tuple(own.documents.crops[at] for at in genuine), ())
    before = own.scored(np.zeros(40))
    alone = OwnAnswers(documents, own.crops.at(genuine), own.logits[genuine], (before, own.scored(own.logits)))
    parent = MeasuredModel.read(SHIPPED_MODEL)
    found = ship_tuned(parent, tmp_path / "best.keras", alone, read_crops(data_set), tmp_path / "model", "0.4.0+own.1")
    card = read_card(tmp_path / "model")
    assert "20 genuine and 0 superimposed photos, and 20 exchanged portraits made of them" in asked["about"].data
    own_figures = msgspec.to_builtins(card.figures[OWN])
    assert {"auc", "eer", "apcer"}.isdisjoint(own_figures)
    assert (own_figures["bona_fide"], own_figures["attacks"]) == (20, 0)
    rejected, exchanged, validation, advice = found.sentences()
    assert "20 genuine photos, 20 documents, no attacks" in rejected
    assert exchanged.startswith("portraits exchanged among your photos, no real attacks")
    assert "AUC 0.500 -> 1.000" in exchanged
    assert validation.startswith("shipped validation")
    assert "was not measured" in advice
    told = msgspec.json.decode(msgspec.json.encode(found.as_json()))
    assert told["verdict"] is None
    assert "auc" not in told["own_documents"]
    assert told["exchanged_portraits"]["auc"] == [0.5, 1.0]


@pytest.mark.parametrize("recipe", [None, "fine_tune"])
def test_verb_trains_exports_and_prints_next_steps(
    recipe: str | None, own: OwnAnswers, asked: dict[str, Any], data_set: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from img_super.lab.own_documents.fine_tune import Tuned

    learned: list[tuple[object, ...]] = []

    def learn(*given: object) -> Tuned:
        learned.append(given)
        return Tuned(tmp_path / "best.keras", own.logits)

    monkeypatch.setattr("img_super.lab.own_documents.logit_probe.fine_tune_head", learn)
    monkeypatch.setattr("img_super.lab.own_documents.fine_tune.fine_tune", learn)
    monkeypatch.setattr("img_super.cli.fine_tune.read_own", lambda *_: own.documents)
    typed = f"fine-tune --genuine ours --generated {data_set} --validation {data_set} --out {tmp_path / 'run'}"
    (tmp_path / "run").mkdir()
    more = ["--recipe", recipe] if recipe else ["--exchanges", "3", "--registry", str(tmp_path / "models")]
    done = CliRunner().invoke(app, [*typed.split(), *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    version = f"{read_card(SHIPPED_MODEL).version}+own.{own.documents.fingerprint()[:8]}"
    assert msgspec.json.decode((tmp_path / "run" / "report.json").read_bytes())["model"].endswith(version)
    assert f"{version} is in {tmp_path / ('run/model' if recipe else 'models')}" in done.stdout
    assert asked["own"][0] == OWN
    (given,) = learned
    if recipe:
        chosen = given[0]
        assert isinstance(chosen, Recipe)
        assert (chosen.name, chosen.input_side_px) == (recipe, 32)  # the size of the given crops
    else:
        assert given[-1] == 3
