"""Every verb of the real command: missing things give one line and the documented exit code."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from img_super import __version__
from img_super.cli.app import app
from img_super.cli.exits import Exit

NOWHERE = "nowhere/at-all"
IN_VAIN = {
    "audit": ["--data", NOWHERE],
    "baseline": ["old-system", "--data", NOWHERE, "--validation", NOWHERE, "--out", "out"],
    "calibrate": ["--genuine", NOWHERE, "--out", "out"],
    "client": ["photo.jpg", "--url", "http://127.0.0.1:9"],
    "doctor": ["--model", NOWHERE],
    "drift": ["--feedback", f"{NOWHERE}/scores.db"],
    "evaluate": ["--model", NOWHERE, "--data", NOWHERE],
    "fine-tune": ["--genuine", NOWHERE, "--generated", NOWHERE, "--validation", NOWHERE, "--out", "out"],
    "export": ["--network", NOWHERE, "--validation", NOWHERE, "--out", "out", "--version", "1"],
    "export-detector": ["--network", NOWHERE, "--validation", NOWHERE, "--out", "out", "--version", "1"],
    "face": ["photo.jpg"],
    "forge": ["train", "--bases", NOWHERE, "--data", NOWHERE, "--first", NOWHERE, "--recipe", NOWHERE, "--out", "out"],
    "keys": ["list", "--file", "photo.jpg"],
    "models": ["list", "--registry", NOWHERE],
    "reference": ["photo.jpg"],
    "scan": [NOWHERE, "--out", "out.csv"],
    "serve": ["--model", NOWHERE],
    "super": ["photo.jpg", "--model", NOWHERE],
    "synthesize": ["--out", "photo.jpg", "--drawn", "2"],
    "synthesize-photos": ["--out", "photo.jpg", "--drawn", "2"],
    "train": ["--data", NOWHERE, "--validation", NOWHERE, "--out", "out"],
    "train-detector": ["--data", NOWHERE, "--validation", NOWHERE, "--out", "out"],
}
"""What makes each verb fail. `sbom` reads nothing that could be missing."""

ELSE = {"doctor": Exit.SUSPICIOUS, "serve": Exit(1), "face": Exit.UNANSWERED}
"""A `doctor` that finds something wrong has done its work; `serve` always had 1; a photo that is none has its line."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_text("no photo")


def run(verb: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, [verb, *arguments])


def test_every_verb_is_covered() -> None:
    assert {*IN_VAIN, "sbom"} == set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", sorted(IN_VAIN))
def test_missing_input_is_one_line(verb: str) -> None:
    result = run(verb, *IN_VAIN[verb])
    assert result.exit_code == ELSE.get(verb, Exit.NOT_STARTED), result.output
    assert isinstance(result.exception, SystemExit)
    if verb not in ELSE:
        assert result.stderr.splitlines()[-1].startswith("img-super: ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("lacking", "advice"),
    [
        (
            "img_super.lab",
            "img-super: `audit` makes networks; it is in the checkout and the full image, not in the slim one.",
        ),
        (
            "sklearn",
            "img-super: sklearn is not installed; use the full image, or run `pip install '.[train]'` in the checkout.",
        ),
    ],
)
def test_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, lacking: str, advice: str) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("img_super.lab"):
            raise ModuleNotFoundError(f"No module named {lacking!r}", name=lacking)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    result = run("audit", "--data", NOWHERE)
    assert (result.exit_code, result.stderr) == (Exit.NOT_STARTED, f"{advice}\n")


def test_version_and_short_help() -> None:
    assert run("--version").stdout == f"img_super {__version__}\n"
    assert run("-h").stdout == run("--help").stdout


def commands() -> Iterator[tuple[str, ...]]:
    for verb, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        yield from ((verb, name) for name in getattr(command, "commands", {None: command}))


@pytest.mark.parametrize("command", [tuple(filter(None, words)) for words in commands()], ids=" ".join)
def test_help_uses_plain_type_names(command: tuple[str, ...]) -> None:
    told = run(*command, "--help").stdout
    assert "--help" in told
    assert not re.findall(r"<(?:str|int|float|bool|list\[.*?)\b.*?>", told)
