from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from img_super.cli.app import app
from img_super.cli.own_documents import keep_in_registry, kept_in_folder, read_own
from img_super.cli.train import exportable
from img_super.detector.fast import FastDetector
from img_super.domain import Label
from img_super.lab.own_documents.compare import NextStep
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import OwnDocuments
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL


def test_reads_photos_with_the_serving_detector(
    tmp_path: Path, bona_fide_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.jpg").write_bytes(bona_fide_bytes)
    monkeypatch.setattr(FastDetector, "detect", lambda *_: None)  # it finds nothing, which shows that it was chosen

    def read() -> OwnDocuments:
        return read_own(None, [str(tmp_path)], None, {}, SHIPPED_MODEL, 1)

    monkeypatch.setenv("IMG_SUPER_DETECTOR", "precise")
    assert read().count(Label.BONA_FIDE) == 1
    monkeypatch.setenv("IMG_SUPER_DETECTOR", "fast")
    with pytest.raises(BadLabels, match="no_face"):
        read()


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (None, "IMG_SUPER_MODEL={} img-super serve"),
        (NextStep.PROMOTE, "IMG_SUPER_MODEL={} img-super serve"),
        (NextStep.SHADOW, "IMG_SUPER_SHADOW_MODEL={} img-super serve"),
        (NextStep.KEEP_OLD, None),
    ],
)
def test_next_steps_match_the_advice_and_can_be_pasted(step: NextStep | None, told: str | None) -> None:
    commands = re.findall("`(.+?)`", kept_in_folder("a model 1", Path("our runs/1"), step))
    assert commands == ([] if told is None else [told.format("'our runs/1'")])


def test_no_promotion_is_advised_without_improvement(tmp_path: Path) -> None:
    def kept(name: str, step: NextStep | None) -> list[str]:
        return re.findall("`(.+?)`", keep_in_registry(SHIPPED_MODEL, tmp_path / name, SHIPPED_MODEL, step))

    version = read_card(SHIPPED_MODEL).version
    assert kept("models", NextStep.PROMOTE) == [f"img-super models promote {version} --registry {tmp_path}/models"]
    assert kept("shadow", NextStep.SHADOW) == [f"IMG_SUPER_SHADOW_MODEL={tmp_path}/shadow/{version} img-super serve"]
    assert kept("old", NextStep.KEEP_OLD) == []


def test_next_steps_after_training_can_be_pasted() -> None:
    (told,) = re.findall("`(.+?)`", exportable(Path("runs/our 1/best.keras"), Path("val"), Path("runs/our 1")))
    _, verb, *words = shlex.split(told)
    context = typer.main.get_command(app).commands[verb].make_context(verb, words)  # type: ignore[attr-defined]
    assert context.params["network"] == Path("runs/our 1/best.keras")
    assert (context.params["out"], context.params["version"]) == (Path("runs/our 1/model"), "our 1")
