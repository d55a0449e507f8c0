from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.detector.weights import YUNET
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL


def ask(*options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    result = CliRunner().invoke(app, ["doctor", "--json", *options])
    told = json.loads(result.stdout)
    assert told["works"] == (result.exit_code == Exit.DONE)
    return result.exit_code, {check["name"]: check for check in told["checks"]}


def test_complete_installation_passes() -> None:
    code, checks = ask()
    assert code == Exit.DONE, checks
    card = read_card(SHIPPED_MODEL)
    for file, weights in card.files.items():
        assert weights.sha256 in checks[f"{card.name} {card.version} {file}"]["told"]
    assert YUNET.sha256 in checks[f"{YUNET.name} {YUNET.version}"]["told"]
    assert checks["self-test attack"]["told"].endswith(" ms")


def test_finds_a_damaged_model(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(SHIPPED_MODEL, model)
    card = read_card(model)
    weights = model / card.files["litert"].name
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    code, checks = ask("--model", str(model))
    assert code == Exit.SUSPICIOUS
    assert checks[f"{card.name} {card.version} litert"]["works"] is False
    assert checks[f"{card.name} {card.version} keras"]["works"] is True
    assert checks["self-test"]["works"] is False


def test_reports_a_missing_model_and_a_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, checks = ask("--model", str(tmp_path))
    assert (code, checks["validation model"]["works"]) == (Exit.SUSPICIOUS, False)
    monkeypatch.setenv("IMG_SUPER_THREADS", "many")
    code, checks = ask()
    assert (code, checks["settings"]["works"]) == (Exit.SUSPICIOUS, False)
    assert "IMG_SUPER_THREADS" in checks["settings"]["told"]


def test_optional_packages_are_only_required_when_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version
    missing = {"pyarrow"}

    def version(name: str) -> str:
        if name in missing:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr("img_super.cli.doctor.metadata.version", version)
    code, checks = ask()
    assert (code, checks["pyarrow"]["works"]) == (Exit.DONE, None)
    missing.add("numpy")
    code, checks = ask()
    assert (code, checks["numpy"]["works"]) == (Exit.SUSPICIOUS, False)


def test_prints_a_table() -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert "self-test" in result.stdout
    assert "NO" not in result.stdout.split()
