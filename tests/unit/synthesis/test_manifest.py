from __future__ import annotations

from pathlib import Path

import pytest

from img_super.synthesis.manifest import Row, append_rows, read_rows
from img_super.synthesis.portraits import FaceFinder, prepare_portrait, read_rgb
from img_super.synthesis.render import render_pair
from img_super.synthesis.shards import Job, render_shard, samples_of, write_shard
from img_super.synthesis.sources import Sources

SAMPLES = Path(__file__).parents[3] / "src" / "img_super" / "samples"


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    row = Row("shard-00000", 3, 1, "face_swap", "1-2", "anna", "bert", "photo", (1, 2, 3, 4), {"design": "procedural"})
    append_rows(tmp_path / "manifest.jsonl", [row])
    append_rows(tmp_path / "manifest.jsonl", [row])
    assert read_rows(tmp_path / "manifest.jsonl") == [row, row]


def test_a_shard_holds_what_its_rows_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.synthesis.shards.PAIRS_A_SHARD", 2)
    finder = FaceFinder()
    path = tmp_path / "face" / "a.png"
    path.parent.mkdir()
    import cv2

    cv2.imwrite(str(path), read_rgb(SAMPLES / "bona_fide.jpg")[200:480, 330:610, ::-1])
    portrait = prepare_portrait(path, "sample", tmp_path / "cache", finder)
    assert portrait is not None
    sources = Sources((portrait, portrait), (portrait.image,), (), tmp_path)
    job = Job(3, 0, tmp_path, 32)
    samples = samples_of(job, sources)
    assert samples, render_pair(3, 0, sources)
    rows = write_shard(job, samples)
    assert [row.position for row in rows] == list(range(len(samples)))
    assert (tmp_path / "shard-00000.npz").is_file()


def test_a_process_without_sources_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="sources"):
        render_shard(Job(1, 0, tmp_path, 32))
