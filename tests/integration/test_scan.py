"""Whole scans with the real pipeline, in separate processes."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from PIL import Image

import img_super
from img_super.pipeline.load import PipelineOptions
from img_super.pipeline.photo import Photo
from img_super.pipeline.pipeline import Look, Pipeline
from img_super.pipeline.watch import Watch, unwatched
from img_super.scan.crew import AHEAD, Crew, Work
from img_super.scan.errors import ScanError
from img_super.scan.scan import ScanJob, scan
from img_super.sources.found import Found, Given, InFile
from tests.conftest import SAMPLES
from tests.integration import slow_scan
from tests.waiting import PATIENCE_S, until

PHOTOS_EACH = 16
ROWS = 3 * PHOTOS_EACH + 2
KILLS = 2


def _photo(number: int) -> bytes:
    """The small sample in increasing sizes, so that all rows differ."""
    with Image.open(SAMPLES / "example.jpg") as sample:
        file = io.BytesIO()
        sample.resize((sample.width + 2 * number, sample.height + 2 * number)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos, a ZIP and a TAR archive, and files that are not photos."""
    root = tmp_path_factory.mktemp("scan") / "in"
    root.mkdir()
    for number in range(PHOTOS_EACH):
        (root / f"{number}.jpg").write_bytes(_photo(number))
    (root / "notes.txt").write_text("no photo")
    (root / "cut.jpg").write_bytes(_photo(0)[:3000])
    with zipfile.ZipFile(root / "more.zip", "w") as archive:
        for number in range(PHOTOS_EACH):
            archive.writestr(f"{number}.jpg", _photo(PHOTOS_EACH + number))
    with tarfile.open(root / "most.tar.gz", "w:gz") as tar:
        for number in range(PHOTOS_EACH):
            data = _photo(2 * PHOTOS_EACH + number)
            member = tarfile.TarInfo(f"{number}.jpg")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return root


@pytest.fixture(scope="module")
def undisturbed(photos: Path) -> Path:
    out = photos.parent / "undisturbed.jsonl"
    summary = scan(ScanJob((str(photos),), out, processes=2))
    assert (summary.photos, summary.failed) == (ROWS, 2)
    return out


def _slow_command(photos: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """A slow `img-super scan` in its own session."""
    roots = (Path(img_super.__file__).parent.parent, Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", slow_scan.__name__, "scan", str(photos), "--out", str(out), "--processes=2", *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _living(session: int) -> list[int]:
    """The running processes of a session, without zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _wait_until_gone(session: int) -> None:
    until(lambda: not _living(session))


def _rows_kept(journal: Path, options: str = "") -> int:
    with closing(sqlite3.connect(f"file:{journal}{options}", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM rows").fetchone()[0])


def _wait_for_rows(journal: Path, least: int, running: subprocess.Popen[str]) -> None:
    """Read the journal despite its lock; during a write it may be inconsistent."""
    while running.poll() is None:
        with suppress(sqlite3.Error):
            if _rows_kept(journal, "?immutable=1") >= least:
                return
        time.sleep(0.01)
    pytest.fail(f"It ended before it could be stopped: {running.communicate()}")


def test_killed_and_resumed_scan_equals_an_undisturbed_one(photos: Path, undisturbed: Path, tmp_path: Path) -> None:
    out, journal = tmp_path / "r.jsonl", tmp_path / ".r.jsonl.journal"
    kept = [0]
    for _ in range(KILLS):
        running = _slow_command(photos, out)
        _wait_for_rows(journal, kept[-1] + random.randint(2, 8), running)  # noqa: S311 no secret
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        _wait_until_gone(running.pid)
        kept.append(_rows_kept(journal))
    assert kept == sorted(set(kept)), "a row was lost, or a run did nothing"
    assert kept[-1] < ROWS
    running = _slow_command(photos, out, "--json")
    told, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0
    assert json.loads(told)["photos"] == ROWS
    assert out.read_bytes() == undisturbed.read_bytes()
    assert not journal.exists()


@pytest.mark.parametrize(("kind", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_scan_keeps_its_rows(photos: Path, tmp_path: Path, kind: signal.Signals, code: int) -> None:
    """SIGTERM only reaches the parent, Ctrl-C every process of the terminal."""
    out, journal = tmp_path / "r.csv", tmp_path / ".r.csv.journal"
    running = _slow_command(photos, out)
    _wait_for_rows(journal, 5, running)
    if kind is signal.SIGINT:
        os.killpg(running.pid, kind)
    else:
        os.kill(running.pid, kind)
    _, told = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == code
    assert "Traceback" not in told
    assert "Run the same command again to resume." in " ".join(told.split())
    _wait_until_gone(running.pid)
    assert _rows_kept(journal) >= 5
    assert not out.exists()


def test_overwriting_results_needs_consent(photos: Path, undisturbed: Path) -> None:
    with pytest.raises(ScanError, match="already exists"):
        scan(ScanJob((str(photos),), undisturbed))


def test_scan_ignores_its_own_output(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(_photo(0))
    job = ScanJob((str(tmp_path),), tmp_path / "r.csv", report=tmp_path / "r.html", overwrite=True)
    assert [scan(job).photos, scan(job).photos] == [1, 1]


DEADLY = b"whoever judges this dies"


class DeadlyPipeline(Pipeline):
    def look(self, photo: Photo, watch: Watch = unwatched) -> Look:
        if photo == DEADLY:
            os._exit(1)
        return super().look(photo, watch)


class DeadlyWork(Work):
    def load_pipeline(self) -> Pipeline:
        real = super().load_pipeline()
        return DeadlyPipeline(real.detector, real.validator)


def test_photo_that_crashes_twice_is_blamed_alone(photos: Path) -> None:
    names = [str(photos / f"{number}.jpg") for number in range(2 * AHEAD)]
    found: list[Found] = [InFile(name, name) for name in names]
    found.insert(5, Given("deadly", DEADLY))
    with Crew(DeadlyWork(), processes=1) as crew:
        rows = [judged.row for judged in crew.judge(iter(found))]
    assert sorted(row.photo for row in rows) == sorted([*names, "deadly"])
    assert {row.photo: row.error_code for row in rows if row.error_code} == {"deadly": "worker_died"}


def test_unloadable_model_ends_the_scan(tmp_path: Path) -> None:
    with (
        Crew(Work(PipelineOptions(model=tmp_path)), processes=1) as crew,
        pytest.raises(ScanError, match="could not start"),
    ):
        list(crew.judge(iter([InFile("a", "a")])))
