from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL

RUN = CliRunner()
SHIPPED = read_card(SHIPPED_MODEL).version
SAMPLES = Path(__file__).parents[3] / "src" / "img_super" / "samples"


def run(*args: str, code: int = 0, columns: int = 200) -> str:
    result = RUN.invoke(app, list(args), env={"COLUMNS": str(columns)})
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve different genuine photos: a sample, cropped and rotated."""
    import cv2

    image = cv2.imread(str(SAMPLES / "bona_fide.jpg"))
    assert image is not None
    (tmp_path / "TRUE").mkdir()
    for number in range(12):
        height, width = image.shape[:2]
        squeezed = cv2.resize(image, (round(width * (0.7 + 0.05 * number)), height))
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 6 * number - 33, 1)
        cv2.imwrite(str(tmp_path / "TRUE" / f"{number}.png"), cv2.warpAffine(squeezed, matrix, (width, height)))
    return tmp_path


def test_calibrates_to_a_registry_promotes_and_rolls_back(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = str(many / "our models")
    monkeypatch.setattr("img_super.lab.own_documents.read.groups", lambda hashes, names: list(range(len(hashes))))
    told = run("calibrate", "--data", str(many), "--genuine", "TRUE", "--bpcer", "0.1", "--registry", registry)
    assert "GENUINE documents:" in told
    assert "different genuine documents" in told
    versions = [path.name for path in (many / "our models").iterdir() if path.is_dir()]
    (new,) = set(versions) - {SHIPPED}
    assert new.startswith(f"{SHIPPED}+cal.")
    listed = run("models", "list", "--registry", registry, columns=80)
    assert f"   {new}  calibrated " in listed
    assert json.loads(run("models", "show", new, "--registry", registry))["lineage"]["photos"]["bona_fide"] >= 10
    assert "threshold" in run("models", "diff", SHIPPED, new, "--registry", registry)
    (promote,) = re.findall(r"`img-super (.+?)`", told)
    assert f"{new} serves from now on" in run(*shlex.split(promote))
    assert f"{SHIPPED} serves again" in run("models", "rollback", "--registry", registry)
    assert "Nothing served before" in run("models", "rollback", "--registry", registry, code=4)


def test_registry_starts_from_the_shipped_model(tmp_path: Path) -> None:
    registry = str(tmp_path / "models")
    assert f"{SHIPPED} serves" in run("models", "add", "--registry", registry)
    assert "has no model 'x'" in run("models", "promote", "x", "--registry", registry, code=4)
    assert "*" in run("models", "list")
    assert "no registry" in run("models", "list", "--registry", str(tmp_path), code=4)


def test_doctor_checks_the_promoted_model(tmp_path: Path) -> None:
    registry = str(tmp_path / "models")
    run("models", "add", "--registry", registry)
    assert f"{SHIPPED} litert" in run("doctor", "--model", registry)


def test_meaning_of_true_must_be_stated(many: Path) -> None:
    (many / "FALSE").mkdir()
    (many / "FALSE" / "1.png").write_bytes(b"photo")
    told = run("calibrate", "--data", str(many), "--out", str(many / "out"), code=4)
    assert "--genuine TRUE --attack FALSE" in told
    assert not (many / "out").exists()


def test_missing_package_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("recalibration", "small_samples"):
        monkeypatch.delitem(sys.modules, f"img_super.lab.own_documents.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    told = run("calibrate", "--genuine", str(tmp_path), "--out", str(tmp_path / "o"), code=4)
    assert "pip install '.[train]'" in told


def test_calibrate_says_what_is_missing(tmp_path: Path) -> None:
    assert "exactly one" in run("calibrate", "--genuine", "x", code=2)
    assert "nothing at" in run("calibrate", "--genuine", str(tmp_path / "no"), "--out", str(tmp_path / "o"), code=4)
