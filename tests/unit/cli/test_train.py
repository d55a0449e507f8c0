"""The training verbs, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from img_super.cli.app import app
from img_super.cli.exits import Exit


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_former_fine_tune_command_passes_its_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("img_super.cli.train.fine_tune", lambda *places, **flags: asked.update(flags, places=places))
    common = ("train", "--validation", "val", "--out", "out", "--from", "shipped")
    assert (
        typed(*common, "--generated", "made", "--folds", "5", "--genuine", "a", "--genuine", "b").exit_code == Exit.DONE
    )
    assert asked == {
        "places": (Path("made"), Path("val"), Path("out"), Path("shipped")),
        "folds": 5,
        "genuine": ["a", "b"],
    }
    refused = typed(*common)
    assert refused.exit_code == Exit.USAGE
    assert "--generated" in refused.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("calibrate", "--genuine", "g"), "--registry"),
        (("calibrate", "--genuine", "g", "--out", "o", "--bpcer", "0.1", "--cost-ratio", "5"), "--cost-ratio"),
        (("synthesize", "--out", "o", "--species", "morph"), "--species"),
        (("synthesize", "--out", "o", "--species", "printed_photo", "--stages", "file"), "--stages"),
    ],
)
def test_conflicting_options_fail_before_anything_is_read(words: tuple[str, ...], named: str) -> None:
    refused = typed(*words)
    assert refused.exit_code == Exit.USAGE, refused.output
    assert named in refused.stderr
