"""`docs/cli.md` and `docs/python_api.md` match the code; the Python examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.scan.errors import file_errors
from img_super.scan.rows import COLUMNS
from img_super.sources.archives import _TAR_ENDS, is_tar

ROOT = Path(__file__).parents[2]
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "python_api.md").read_text(encoding="utf-8")
EXAMPLES = [
    example
    for example in re.findall(r"^```python\n(.*?)^```$", PYTHON, flags=re.MULTILINE | re.DOTALL)
    if "Client(" not in example  # needs a service: tests/end_to_end/test_readme.py runs it
]
README_STYLE_COMMAND = re.compile(r"^(?:cat \S+ \| )?img-super (\w+)((?: .*)?)$", re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_print_what_they_say(
    example: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(example, "python_api.md", "exec"), {})  # noqa: S102 our own document
    promised = re.findall(r"(?:^|  )# (.+)$", example, flags=re.MULTILINE)
    assert promised, "an example that shows nothing proves nothing"
    assert capsys.readouterr().out.splitlines() == promised


def test_every_exit_code_is_documented() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", CLI, flags=re.MULTILINE)} == set(Exit)


def test_every_scan_code_and_column_is_documented() -> None:
    section = CLI[CLI.index("## scan") :]
    first_cells = " ".join(re.findall(r"^\|([^|]+)\|", section, flags=re.MULTILINE))
    told = re.findall(r"`(\w+)`", first_cells)
    assert sorted(told) == sorted([*COLUMNS, *(error.code for error in file_errors())])


def test_documented_archives_are_read() -> None:
    told = re.search(r"TAR archive \(([^)]+)\)", CLI)
    assert told
    for ending in re.findall(r"`([^`]+)`", told[1]):
        assert is_tar(f"a{ending}")
        assert ending in _TAR_ENDS


def test_commands_use_existing_verbs_and_options() -> None:
    command = typer.main.get_command(app)
    commands = [match.groups() for match in README_STYLE_COMMAND.finditer(CLI)]
    assert len(commands) >= 8
    for verb, words in commands:
        known = command.commands[verb]  # type: ignore[attr-defined]
        options = {option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", words)) <= options


def test_options_in_the_text_exist() -> None:
    command = typer.main.get_command(app)
    known = {
        option
        for verb in command.commands.values()  # type: ignore[attr-defined]
        for parameter in verb.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    } | {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", CLI)) <= known


@pytest.mark.parametrize("words", [[], ["super"], ["keys"], ["keys", "create"]])
def test_help_shows_flags_as_flags(words: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words, "-h"]).output
    assert "--help" in shown
    assert "bool" not in shown
