"""Renders samples into shards in several processes; finished shards are not rendered again.

Layout of a data set: `manifest.jsonl`; `shard-00000.npz` (crops uint8 [n, side, side, 3], masks uint8 [n, 56, 56]) and
its rows `shard-00000.jsonl`; where wanted `photos/`. Every byte hangs on seed and options, none on how many processes
work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from img_super.synthesis.manifest import Row, read_rows, write_rows
from img_super.synthesis.pair import Options
from img_super.synthesis.portraits.folder import Progress
from img_super.synthesis.samples import Renderer, Sample, row_of
from img_super.synthesis.sources import Sources, Wanted, load_sources
from img_super.synthesis.splits import Split


@dataclass(frozen=True, slots=True)
class Job:
    """A data set to render.

    Attributes:
        data, cache, split, drawn, portraits, designs: see `load_sources`.
        count: of samples; even, since every genuine sample has its attack.
        photos: whether the whole photos are kept, too.
        shard_size: samples a shard; part of what decides the bytes.
    """

    out: Path
    cache: Path
    split: Split
    count: int
    seed: int
    side_px: int
    data: Path | None = None
    drawn: int = 0
    portraits: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    photos: bool = False
    shard_size: int = 100
    options: Options = field(default_factory=Options)

    @property
    def shards(self) -> int:
        return -(-self.count // self.shard_size)

    def size(self, shard: int) -> int:
        """How many samples the shard holds."""
        return min(self.shard_size, self.count - shard * self.shard_size)


_renderer: Renderer | None = None


def render_data_set(job: Job, processes: int) -> Iterator[int]:
    """Render the missing shards; yields how many samples each has, then writes the manifest."""
    (job.out / "photos" if job.photos else job.out).mkdir(parents=True, exist_ok=True)
    missing = [shard for shard in range(job.shards) if not _rows_path(job, shard).exists()]
    with get_context("spawn").Pool(processes, _start, (job,)) as pool:
        for shard in pool.imap_unordered(_render_shard, [(job, shard) for shard in missing]):
            yield job.size(shard)
    write_rows(job.out / "manifest.jsonl", [row for n in range(job.shards) for row in read_rows(_rows_path(job, n))])


def prepare(job: Job, progress: Progress | None = None) -> Sources:
    """Load what the job draws from; the first time, portraits are drawn and examined, which takes a while.

    Raises:
        NothingToDrawFrom: see `load_sources`.
        BadWeights: a network of the generator is not installed.
    """
    return load_sources(job.data, job.cache, Wanted(job.split, job.drawn, job.portraits, job.designs), progress)


def _start(job: Job) -> None:
    global _renderer  # noqa: PLW0603 - one a process, made once
    cv2.setNumThreads(1)
    _renderer = Renderer(prepare(job), job.seed, job.side_px, job.options)


def _render_shard(work: tuple[Job, int]) -> int:
    job, shard = work
    if _renderer is None:
        raise RuntimeError("the process has not been started with its sources")
    write_shard(job, shard, _renderer)
    return shard


def write_shard(job: Job, shard: int, renderer: Renderer) -> None:
    """Render a shard and write its crops, then its rows: a shard without rows is not finished."""
    pairs = islice(renderer.pairs(shard), job.size(shard) // 2)
    samples = [sample for pair in pairs for sample in pair]
    path = job.out / f"{_name(shard)}.npz"
    unfinished = path.with_suffix(".part.npz")
    crops, masks = np.stack([sample.crop for sample in samples]), np.stack([sample.mask for sample in samples])
    np.savez(unfinished, crops=crops, masks=masks)
    unfinished.replace(path)
    write_rows(_rows_path(job, shard), [_row(job, shard, place, sample) for place, sample in enumerate(samples)])


def _row(job: Job, shard: int, place: int, sample: Sample) -> Row:
    photo = ""
    if job.photos:
        photo = f"photos/{_name(shard)}-{place:03d}.{sample.photo.format}"
        (job.out / photo).write_bytes(sample.photo.data)
    return row_of(sample, _name(shard), place, job.seed, photo)


def _rows_path(job: Job, shard: int) -> Path:
    return job.out / f"{_name(shard)}.jsonl"


def _name(shard: int) -> str:
    return f"shard-{shard:05d}"
