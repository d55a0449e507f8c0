from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from img_super.lab.synthesis.crew import RenderJob, Write, render_shards


def telling_how_it_was_started(job: RenderJob) -> Write:
    return partial(_write, job)


def _write(job: RenderJob, shard: int) -> None:
    job.rows_path(shard).write_text(f'{{"shard":{shard},"threads":"{os.environ["OMP_NUM_THREADS"]}"}}\n')


def test_renders_only_missing_shards_in_single_threaded_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    job = RenderJob(tmp_path, tmp_path, "train", 250, 1)
    before = dict(os.environ)
    job.rows_path(1).write_text("finished\n")
    assert sorted(render_shards(job, telling_how_it_was_started, 1)) == [50, 100]
    rows = (tmp_path / "manifest.jsonl").read_text().splitlines()
    assert rows == ['{"shard":0,"threads":"1"}', "finished", '{"shard":2,"threads":"1"}']
    assert dict(os.environ) == before


def test_shards_hold_whole_pairs() -> None:
    job = RenderJob(Path(), Path(), "train", 250, 1)
    assert [job.size(shard) for shard in range(job.shards)] == [100, 100, 50]
    assert replace(job, count=3).size(0) == 4
