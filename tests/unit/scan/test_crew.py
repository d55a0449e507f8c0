"""A crew process, run in a thread; `tests/integration/test_scan.py` runs and kills real ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
import pytest

from img_super.pipeline.pipeline import Pipeline
from img_super.scan import crew
from img_super.scan.crew import AHEAD, Work
from img_super.sources.found import Given, InFile
from tests.waiting import PATIENCE_S


@pytest.fixture(autouse=True)
def threads_of_opencv() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture
def at_work(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection[Any, Any]]:
    """The pipe to a process that waits for photos; closing it ends the process."""
    monkeypatch.setattr(Work, "load_pipeline", lambda _: pipeline)
    ours, theirs = Pipe()
    process = Thread(target=crew._run, args=(theirs, Work(thumbnails=True)), daemon=True)
    process.start()
    assert ours.recv() == crew._READY
    yield ours
    ours.close()
    process.join(PATIENCE_S)
    assert not process.is_alive()


def test_process_takes_photos_while_its_rows_wait(at_work: Connection[Any, Any]) -> None:
    """Rows with long names, and photos, exceed a pipe's buffer, which once deadlocked a scan."""
    photos = [Given(f"{number}{'a' * 1_000_000}", bytes(1_000_000)) for number in range(AHEAD)]
    giving = Thread(target=lambda: deque(map(at_work.send, photos), maxlen=0), daemon=True)
    giving.start()
    giving.join(PATIENCE_S)
    assert not giving.is_alive()
    assert [at_work.recv().row.photo for _ in photos] == [photo.name for photo in photos]


def test_process_answers_in_order_until_its_pipe_closes(
    tmp_path: Path, photo_bytes: bytes, at_work: Connection[Any, Any]
) -> None:
    photos = [InFile(f"{number}.png", str(tmp_path / f"{number}.png")) for number in range(AHEAD)]
    for photo in photos[1:]:
        Path(photo.path).write_bytes(photo_bytes)
    for photo in photos:
        at_work.send(photo)
    judged = [at_work.recv() for _ in photos]
    assert [one.row.photo for one in judged] == [photo.name for photo in photos]
    assert judged[0].row.error_code == "unreadable_file"
    assert {one.row.score for one in judged[1:]} == {0.75}
    assert all(one.thumbnail for one in judged[1:])
