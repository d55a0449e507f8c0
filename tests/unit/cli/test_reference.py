"""The committed reference matches the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from img_super.api.error_handlers import STATUSES, documented_problems, install_error_handlers
from img_super.api.schemas import Problem
from img_super.cli.reference import (
    default_in_words,
    errors_text,
    reference,
    settings_text,
)
from img_super.errors import input_errors, service_errors
from img_super.settings import PREFIX, Settings

COMMITTED = Path(__file__).parents[3] / "docs" / "reference"


@pytest.fixture
def client() -> TestClient:
    """An app with our error handlers, a route that takes a number and one that fails."""
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/number")
    def number(value: int) -> int:
        return value

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret")

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("name", ["errors.md", "settings.md"])
def test_committed_reference_is_current(name: str, tmp_path: Path) -> None:
    reference(tmp_path)
    made, committed = (folder.joinpath(name).read_text(encoding="utf-8") for folder in (tmp_path, COMMITTED))
    assert committed == made, "docs/reference has drifted; run `make reference` and commit what it wrote"


def test_command_writes_into_a_new_folder(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(reference)
    result = CliRunner().invoke(app, [str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["errors.md", "settings.md"]


def test_every_error_is_listed_with_its_status() -> None:
    assert set(STATUSES) == {*input_errors(), *service_errors()}
    text = errors_text()
    for error in STATUSES:
        assert f"- `{error.code}` ({STATUSES[error].value}): " in text


def test_error_codes_are_unique() -> None:
    codes = [entry.code for entry in documented_problems()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("method", "address", "code"),
    [
        ("GET", "/nowhere", "not_found"),
        ("POST", "/number", "method_not_allowed"),
        ("GET", "/number?value=seven", "bad_parameter"),
        ("GET", "/broken", "internal_error"),
    ],
)
def test_errors_of_the_handlers_are_listed(client: TestClient, method: str, address: str, code: str) -> None:
    answer = Problem(**client.request(method, address).json())
    listed = {entry.code: entry for entry in documented_problems()}[code]
    if code == "bad_parameter":
        assert answer.detail.endswith("invalid value: value.")
        answer.detail = listed.detail
    assert answer == listed


def test_every_setting_has_default_allowed_values_and_meaning() -> None:
    text = settings_text()
    for name, field in Settings.model_fields.items():
        entry = rf"- `{PREFIX}{name.upper()}` \({re.escape(default_in_words(name))}; [^)]+\): "
        assert re.search(entry + re.escape(field.description or "a meaning"), text), name


def test_allowed_values_come_from_the_class() -> None:
    text = settings_text()
    assert "(`8080`; 1 to 65535)" in text
    assert "(`litert`; `litert`, `litert_fp32`, `litert_int8`, `tensorflow`)" in text


def test_reference_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings_text()
    monkeypatch.setenv(f"{PREFIX}PORT", "9000")
    assert settings_text() == before
    assert str(Path.home()) not in before
    assert str(COMMITTED.parent.parent) not in before


def test_escapes_angle_brackets_outside_code() -> None:
    text = errors_text()
    assert "`Authorization: Bearer <key>`" in text
    assert r'{"image": "\<base64>"}' in text
    assert not re.search(r"(?<!\\)<", re.sub("`[^`]*`", "", text + settings_text()))
