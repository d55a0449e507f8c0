from __future__ import annotations

import json
import pickle
import sys
import tarfile
import zipfile
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
import ray
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cluster import scan
from img_super.cluster.scan import NodeCrew, connect
from img_super.scan.crew import Work
from img_super.scan.errors import ScanError
from img_super.scan.judge import Judged
from img_super.scan.rows import unanswered
from img_super.scan.scan import ScanJob
from img_super.sources.found import Found, Given, InFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jpg").write_bytes(b"a")
    with zipfile.ZipFile(source / "b.zip", "w") as archive:
        archive.writestr("1.jpg", b"1")
        archive.writestr("2.jpg", b"2")
    with tarfile.open(source / "c.tar", "w") as tar:
        for name in ("a.jpg", "b.zip"):
            tar.add(source / name, name)
    return source


def test_only_names_are_sent_to_the_crews(folder: Path) -> None:
    units = list(scan._units(ScanJob((str(folder),), folder / "out.csv"), lambda _: False))
    assert sorted(Path(unit.name).name for unit in units) == ["1.jpg", "2.jpg", "a.jpg", "c.tar"]
    assert not any(isinstance(unit, Given) for unit in units)


def test_finished_photos_and_own_output_are_skipped(folder: Path) -> None:
    (folder / "out.csv").write_text("")
    units = scan._units(ScanJob((str(folder),), folder / "out.csv"), lambda name: name.endswith(("1.jpg", "a.jpg")))
    assert sorted(Path(unit.name).name for unit in units) == ["2.jpg", "c.tar"]


class EchoCrew:
    """Answers every photo with its name."""

    def __init__(self, work: Work, processes: int) -> None: ...

    def judge(self, photos: Iterator[Found]) -> Iterator[Judged]:
        return (Judged(unanswered(photo.name, "code", type(photo).__name__)) for photo in photos)


def test_crew_opens_its_archives(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "Crew", EchoCrew)
    units = [InFile(name, str(folder / name)) for name in ("a.jpg", "c.tar")]
    batch = {"unit": np.array([pickle.dumps(unit) for unit in units], dtype=object)}
    judged = [row for part in NodeCrew(Work())(batch) for row in part["judged"]]
    rows = [pickle.loads(row).row for row in judged]  # noqa: S301 made above
    assert [(row.photo, row.error_detail) for row in rows] == [
        ("a.jpg", "InFile"),
        ("c.tar!/a.jpg", "Given"),
        ("c.tar!/b.zip", "Given"),
    ]


def test_rows_are_chunked_for_the_object_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "Crew", EchoCrew)
    monkeypatch.setattr(scan, "_ROWS_A_BLOCK", 2)
    batch = {"unit": np.array([pickle.dumps(InFile(f"{number}", "")) for number in range(5)], dtype=object)}
    assert [len(part["judged"]) for part in NodeCrew(Work())(batch)] == [2, 2, 1]


def test_missing_cluster_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nowhere(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(ray, "init", nowhere)
    with pytest.raises(ScanError, match="ray start --head"):
        connect()
    told = CliRunner().invoke(app, ["scan", str(folder), "--out", str(tmp_path / "out.csv"), "--on-ray", "--json"])
    assert told.exit_code == 4
    assert "RAY_ADDRESS" in told.stderr


def test_ray_output_stays_out_of_standard_output(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def judging(_job: ScanJob, _done: object) -> Generator[Judged]:
        print("(raylet) a node is dead")  # noqa: T201 as Ray does
        yield Judged(unanswered("a.jpg", "code", "detail"))

    monkeypatch.setattr(scan, "judging_on_ray", lambda _: judging)
    told = CliRunner().invoke(app, ["scan", str(folder), "--out", str(tmp_path / "out.csv"), "--on-ray", "--json"])
    assert json.loads(told.stdout)["errors"] == {"code": 1}
    assert "a node is dead" in told.stderr


def test_missing_ray_names_its_extra(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "img_super.cluster.scan", None)
    told = CliRunner().invoke(app, ["scan", str(folder), "--out", str(tmp_path / "out.csv"), "--on-ray"])
    assert told.exit_code == 4
    assert "pip install '.[cluster]'" in told.stderr
