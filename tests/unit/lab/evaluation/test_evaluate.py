"""The shipped network on a small drawn data set; only the handling of its answers matters."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.figures import Figure, GroupFigures
from img_super.lab.dataset.manifest import SampleRow, read_manifest
from img_super.lab.dataset.measured_sets import MeasuredSet, generated_set
from img_super.lab.evaluation.documents import fill, fill_documents
from img_super.lab.evaluation.evaluate import Measured, MeasuredModel, measure, record_figures, worst_mistakes
from img_super.lab.evaluation.html import html_report
from img_super.lab.evaluation.report import Scored
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL


@pytest.fixture(scope="module")
def generated(data_set: Path) -> MeasuredSet:
    return generated_set(data_set)


@pytest.fixture(scope="module")
def measured(generated: MeasuredSet) -> Measured:
    found = measure(MeasuredModel.read(SHIPPED_MODEL), [generated], robustness_samples=2)
    # The network may be right on noise; a median threshold gives mistakes in both classes.
    scored = found.scored[generated.name]
    middle = float(np.median(scored.scores))
    card = msgspec.structs.replace(found.model.card, threshold=middle)
    mixed = replace(scored, scores=np.roll(scored.scores, 1))
    return replace(found, model=replace(found.model, card=card), scored={generated.name: mixed})


def test_person_comes_from_the_manifest_row(data_set: Path, tmp_path: Path) -> None:
    named = shutil.copytree(data_set, tmp_path / "named")
    rows = [msgspec.to_builtins(row) for row in read_manifest(named, SampleRow)]
    people = [{"portrait": "cc0/male/1", "donor": "cc0/male/2" if row["label"] else ""} for row in rows]
    lines = [msgspec.json.encode(row | who) for row, who in zip(rows, people, strict=True)]
    (named / "manifest.jsonl").write_bytes(b"\n".join(lines))
    measured = generated_set(named, portraits=tmp_path)
    assert measured.faces is not None
    assert measured.faces.people.tolist() == [f"cc0/male/{1 + label}" for label in measured.labels]


def test_every_figure_serialises_to_json(measured: Measured, generated: MeasuredSet) -> None:
    found = msgspec.json.decode(msgspec.json.encode(measured.as_json()))
    figures = found["figures"][generated.name]
    assert (figures["bona_fide"], figures["attacks"], figures["documents"]) == (16, 16, 16)
    assert 0 <= figures["localisation"]["iou"]["value"] <= 1
    steps = found["robustness"][f"{generated.name}: crops"]
    assert steps[0] | {"auc": None} == {
        "kind": "none", "strength": 0, "answered": 1, "median_change": 0, "p95_change": 0, "auc": None,
        "bpcer": steps[0]["bpcer"], "verdicts_changed": 0,
    }  # fmt: skip
    assert {row["kind"] for row in steps} >= {"none", "jpeg", "webp", "scale", "cubic", "blur"}


def test_report_is_self_contained_and_shows_errors(measured: Measured, generated: MeasuredSet) -> None:
    html = html_report([measured, measured], [generated])
    assert "<script" not in html
    assert "href=" not in html
    assert set(re.findall(r'src="(.{5})', html)) == {"data:"}
    assert html.count("data:image/svg+xml") == 5
    assert "data:image/jpeg" in html
    assert html.count(f'<th scope="col">{measured.model.title}</th>') == 2


def test_real_documents_are_shown_only_on_request(measured: Measured, generated: MeasuredSet) -> None:
    personal = replace(generated, personal=True)
    assert "data:image/jpeg" not in html_report([measured], [personal])
    assert "data:image/jpeg" in html_report([measured], [personal], show_real=True)


def test_documents_are_filled_between_their_markers(measured: Measured, tmp_path: Path) -> None:
    document = tmp_path / "informe.md"
    document.write_text(
        "Antes\n<!-- begin figures generated_validation -->\nold\n<!-- end figures generated_validation -->\n"
        "<!-- begin plots generated_validation -->\n<!-- end plots generated_validation -->\n"
        "<!-- begin figures unknown -->\nkept\n<!-- end figures unknown -->\nDespués\n"
    )
    assert fill_documents(tmp_path, [measured]) == {
        "informe.md": ["figures generated_validation", "plots generated_validation"]
    }
    text = document.read_text()
    assert text.startswith("Antes\n<!-- begin")
    assert text.endswith("kept\n<!-- end figures unknown -->\nDespués\n")
    assert "old" not in text
    assert f"| cifra | {measured.model.title} |" in text
    for image in ("errors", "species", "scores", "reliability", "robustness_crops"):
        assert f"images/generated_validation_{image}.es.svg" in text
        assert (tmp_path / "images" / f"generated_validation_{image}.es.svg").read_bytes().startswith(b"<?xml")
    filled_again = document.read_text()
    fill_documents(tmp_path, [measured])
    assert document.read_text() == filled_again


def test_group_figures_are_filled_where_people_are_known(measured: Measured, tmp_path: Path) -> None:
    document = tmp_path / "informe.md"
    document.write_text("<!-- begin groups generated_validation -->\n<!-- end groups generated_validation -->\n")
    assert fill_documents(tmp_path, [measured]) == {"informe.md": []}
    men = {"sex": {"male": GroupFigures(people=1, bona_fide=2, bpcer=Figure(0.5, (0, 1)))}}
    figures = {name: msgspec.structs.replace(found, groups=men) for name, found in measured.figures.items()}
    assert fill_documents(tmp_path, [replace(measured, figures=figures)]) == {
        "informe.md": ["groups generated_validation"]
    }
    assert "| hombres | 1 | 2 | 0.500 (0.000 a 1.000) | 0 | - |" in document.read_text()


def test_unmatched_markers_are_left_alone() -> None:
    text = "<!-- begin a -->\n1\n<!-- end b -->\n"
    assert fill(text, {"a": "2"}) == (text, [])


def test_figures_are_written_to_the_card(measured: Measured, tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_MODEL, tmp_path / "model")
    record_figures(replace(measured, model=replace(measured.model, folder=tmp_path / "model")))
    card = read_card(tmp_path / "model")
    assert card.figures["generated_validation"].documents == 16
    assert card.threshold == read_card(SHIPPED_MODEL).threshold


def test_worst_errors_come_first() -> None:
    species = np.array(["", "", "", "face_swap", "face_swap", "face_swap"])
    scores = np.array([0.2, 0.6, 0.9, 0.4, 0.1, 0.8])
    found = worst_mistakes(Scored((species != "").astype(int), species, np.arange(6).astype(str), scores), 0.5)
    assert [one.position for one in found[""]] == [2, 1]
    assert [one.position for one in found["face_swap"]] == [4, 3]


@pytest.fixture
def judged(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The verb's arguments, with a fake measurement of a copy of the shipped model."""
    copy = shutil.copytree(SHIPPED_MODEL, tmp_path / "model")
    asked: list[tuple[object, ...]] = []

    def known(model: MeasuredModel, sets: list[MeasuredSet], robustness_samples: int, threads: int) -> Measured:
        asked.append((model.folder, [data_set.name for data_set in sets], robustness_samples, threads))
        return replace(measured, model=replace(measured.model, folder=copy))

    monkeypatch.setattr("img_super.lab.evaluation.evaluate.measure", known)
    for name in ("generated_set", "real_set", "other_hands_set"):
        monkeypatch.setattr(
            f"img_super.lab.dataset.measured_sets.{name}", lambda *_, name=name: SimpleNamespace(name=name)
        )
    return asked


def test_verb_measures_every_set_and_writes_the_requested_files(
    judged: list[tuple[object, ...]], data_set: Path, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    document = tmp_path / "docs" / "informe.md"
    document.write_text("<!-- begin figures generated_validation -->\n<!-- end figures generated_validation -->\n")
    out, model = tmp_path / "figures.json", str(tmp_path / "model")
    typed = (
        f"evaluate --model {model} --model {model} --data {data_set} --real captures --photos photos --donors cc0 "
        f"--robustness 2 --threads 3 --out {out} --docs {tmp_path / 'docs'} --record"
    )
    done = CliRunner().invoke(app, typed.split(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    sets = ["generated_set", "real_set", "other_hands_set"]
    assert judged == [(tmp_path / "model", sets, 2, 3), (tmp_path / "model", sets, 0, 3)]  # only the first is altered
    assert "informe.md: figures generated_validation" in done.stdout
    assert "AUC" in document.read_text()
    assert [found["model"]["version"] for found in msgspec.json.decode(out.read_bytes())] == 2 * [
        read_card(SHIPPED_MODEL).version
    ]
    assert "generated_validation" in read_card(tmp_path / "model").figures


@pytest.mark.parametrize(("words", "named"), [("--real captures", "--donors"), ("", "--data")])
def test_verb_needs_a_data_set(judged: list[tuple[object, ...]], tmp_path: Path, words: str, named: str) -> None:
    refused = CliRunner().invoke(app, f"evaluate --model {tmp_path / 'model'} {words}".split())
    assert refused.exit_code == Exit.USAGE
    assert named in refused.stderr
    assert judged == []
