"""What a process of the crew does, in a thread; `tests/integration/test_scan.py` lets real ones work and die."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

import cv2
import pytest

from img_super.pipeline.pipeline import Pipeline
from img_super.scan import crew
from img_super.scan.crew import AHEAD, Work
from img_super.sources.found import InFile
from tests.waiting import PATIENCE_S


@pytest.fixture(autouse=True)
def threads_of_opencv() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def test_a_process_answers_its_photos_in_their_order_until_its_pipe_ends(
    tmp_path: Path, photo_bytes: bytes, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Work, "load_pipeline", lambda _: pipeline)
    ours, theirs = Pipe()
    process = Thread(target=crew._run, args=(theirs, Work(thumbnails=True)), daemon=True)
    process.start()
    assert ours.recv() == crew._READY
    photos = [InFile(f"{number}.png", str(tmp_path / f"{number}.png")) for number in range(AHEAD)]
    for photo in photos[1:]:
        Path(photo.path).write_bytes(photo_bytes)
    for photo in photos:
        ours.send(photo)
    judged = [ours.recv() for _ in photos]
    assert [one.row.photo for one in judged] == [photo.name for photo in photos]
    assert judged[0].row.error_code == "unreadable_file"
    assert {one.row.score for one in judged[1:]} == {0.75}
    assert all(one.thumbnail for one in judged[1:])
    ours.close()
    process.join(PATIENCE_S)
    assert not process.is_alive()
