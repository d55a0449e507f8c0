"""Renders samples into shards in several processes; finished shards are not rendered again.

Layout of a data set: `manifest.jsonl`, `shard-00000.npz` (crops uint8 [n, side, side, 3], masks uint8 [n, 56, 56]).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from img_super.synthesis.manifest import Row, append_rows, read_rows
from img_super.synthesis.portraits import FaceFinder
from img_super.synthesis.render import Sample, crop_sample, render_pair
from img_super.synthesis.sources import Sources, Split, load_sources

PAIRS_A_SHARD: Final = 50


@dataclass(frozen=True, slots=True)
class Job:
    """One shard to render."""

    seed: int
    shard: int
    out: Path
    side_px: int


_sources: Sources | None = None


def render_data_set(
    data: Path, cache: Path, out: Path, split: Split, seed: int, shards: int, side_px: int, processes: int
) -> Iterator[int]:
    """Render the missing shards of a data set; yields how many samples each new shard has."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / "manifest.jsonl"
    done = {row.shard for row in read_rows(manifest)} if manifest.exists() else set()
    jobs = [Job(seed, shard, out, side_px) for shard in range(shards) if _name(shard) not in done]
    context = get_context("spawn")
    with context.Pool(processes, _start, (data, cache, split)) as pool:
        for rows in pool.imap_unordered(render_shard, jobs):
            append_rows(manifest, rows)
            yield len(rows)


def _start(data: Path, cache: Path, split: Split) -> None:
    global _sources  # noqa: PLW0603 - one copy a process, filled once
    cv2.setNumThreads(1)
    _sources = load_sources(data, cache, split)


def render_shard(job: Job) -> list[Row]:
    """Render one shard to its file and return its rows."""
    if _sources is None:
        raise RuntimeError("the process has not been started with its sources")
    return write_shard(job, samples_of(job, _sources))


def samples_of(job: Job, sources: Sources) -> list[Sample]:
    """The samples of one shard, in order."""
    finder = FaceFinder()
    first = job.shard * PAIRS_A_SHARD
    photos = (photo for index in range(PAIRS_A_SHARD) for photo in render_pair(job.seed, first + index, sources))
    samples = (crop_sample(photo, finder, job.side_px) for photo in photos)
    return [sample for sample in samples if sample is not None]


def write_shard(job: Job, samples: list[Sample]) -> list[Row]:
    """Write the shard's file (whole or not at all) and make its rows."""
    path = job.out / f"{_name(job.shard)}.npz"
    unfinished = path.with_suffix(".part.npz")
    crops, masks = np.stack([sample.crop for sample in samples]), np.stack([sample.mask for sample in samples])
    np.savez(unfinished, crops=crops, masks=masks)
    unfinished.replace(path)
    return [_row(job, position, sample) for position, sample in enumerate(samples)]


def _row(job: Job, position: int, sample: Sample) -> Row:
    photo, face = sample.photo, sample.face
    box = (face.x_min, face.y_min, face.x_max, face.y_max)
    return Row(
        _name(job.shard), position, int(photo.label), photo.species, photo.document, photo.portrait, photo.donor,
        photo.stage, box, photo.facts,
    )  # fmt: skip


def _name(shard: int) -> str:
    return f"shard-{shard:05d}"
