"""The verb with a fake scan; `tests/integration/test_scan.py` runs real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.pipeline.load import Backend, DetectorName
from img_super.scan.errors import ScanError
from img_super.scan.rows import ScanRow
from img_super.scan.scan import Judging, Progress, ScanJob
from img_super.scan.summary import Summary

GENUINE = ScanRow(photo="a.jpg", score=0.1, verdict="bona_fide", quality="")
UNSURE = ScanRow(photo="b.jpg", score=0.5, verdict="undetermined", quality="blurred")
FAILED = ScanRow(photo="c.jpg", error_code="no_face")

Scan = Callable[..., Result]


class Scanned:
    """A fake scan that returns given rows or fails."""

    def __init__(self) -> None:
        self.rows: list[ScanRow] = [GENUINE]
        self.fault: BaseException | None = None
        self.jobs: list[ScanJob] = []

    def __call__(self, job: ScanJob, progress: Progress, _judging: Judging) -> Summary:
        self.jobs.append(job)
        progress(0, None)
        if self.fault is not None:
            raise self.fault
        summary = Summary()
        list(summary.counting(self.rows))
        progress(len(self.rows), None)
        return summary


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> Scanned:
    scanned = Scanned()
    monkeypatch.setattr("img_super.scan.scan.scan", scanned)
    return scanned


@pytest.fixture
def run(scanned: Scanned, tmp_path: Path) -> Scan:
    return lambda *words: CliRunner().invoke(app, ["scan", str(tmp_path), "--out", "r.csv", *words])


@pytest.mark.parametrize(
    ("rows", "code", "strict"),
    [
        ([GENUINE], Exit.DONE, Exit.DONE),
        ([GENUINE, UNSURE], Exit.DONE, Exit.SUSPICIOUS),
        ([GENUINE, UNSURE, FAILED], Exit.DONE, Exit.UNANSWERED),
        ([FAILED, FAILED], Exit.UNANSWERED, Exit.UNANSWERED),
        ([], Exit.UNANSWERED, Exit.UNANSWERED),
    ],
)
def test_exit_codes(run: Scan, scanned: Scanned, rows: list[ScanRow], code: Exit, strict: Exit) -> None:
    scanned.rows = rows
    assert run().exit_code == code
    assert run("--strict").exit_code == strict


def test_summary_is_one_line_of_json(run: Scan, scanned: Scanned) -> None:
    scanned.rows = [GENUINE, UNSURE, FAILED]
    result = run("--json")
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert told.pop("seconds") >= 0
    assert told == {
        "results": "r.csv", "report": "r.html", "photos": 3,
        "verdicts": {"bona_fide": 1, "attack": 0, "undetermined": 1},
        "errors": {"no_face": 1}, "quality": {"blurred": 1},
    }  # fmt: skip


def test_readable_summary_names_files_and_errors(run: Scan, scanned: Scanned) -> None:
    scanned.rows = [GENUINE, FAILED]
    told = run().stdout
    for word in ("2 photos", "no_face", "r.csv", "r.html"):
        assert word in told


def test_options_reach_the_scan(run: Scan, scanned: Scanned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG_SUPER_BACKEND", "litert_fp32")
    monkeypatch.setenv("IMG_SUPER_DETECTOR", "precise")
    run("--no-report", "--thumbnails", "--language=es", "--processes=3", "--max-file-bytes=9", "--restart",
        "--storage-option=anon=true", "--storage-option=endpoint_url=http://a/?b=c")  # fmt: skip
    (job,) = scanned.jobs
    assert (job.report, job.language, job.processes, job.restart, job.overwrite) == (None, "es", 3, True, False)
    assert (job.work.options.backend, job.work.max_file_bytes, job.work.thumbnails) == (Backend.LITERT_FP32, 9, True)
    assert job.work.options.detector is DetectorName.PRECISE
    assert job.work.storage == {"anon": True, "endpoint_url": "http://a/?b=c"}


def test_failure_is_one_line(run: Scan, scanned: Scanned) -> None:
    scanned.fault = ScanError("There is nothing at x.")
    result = run("--json")
    assert (result.exit_code, result.stderr) == (Exit.NOT_STARTED, "img-super: There is nothing at x.\n")


def test_full_disk_names_what_was_written(run: Scan, scanned: Scanned) -> None:
    scanned.fault = OSError(ENOSPC, "No space left on device")
    result = run("--json")
    assert (result.exit_code, result.stderr) == (Exit.NOT_STARTED, "img-super: r.csv: No space left on device.\n")


def test_ctrl_c_says_how_to_resume(run: Scan, scanned: Scanned) -> None:
    scanned.fault = KeyboardInterrupt()
    result = run("--json")
    assert result.exit_code == Exit.STOPPED
    assert "Run the same command again" in result.stderr


def test_wrong_option_is_a_usage_error(run: Scan, scanned: Scanned) -> None:
    assert run("--storage-option", "anon").exit_code == Exit.USAGE
    assert run("--processes", "0").exit_code == Exit.USAGE
    assert not scanned.jobs
