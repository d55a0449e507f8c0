"""Renders samples into shards.

Layout of a data set: `manifest.jsonl`; `shard-00000.npz` (crops uint8 [n, side, side, 3], masks uint8 [n, 56, 56]) and
its rows `shard-00000.jsonl`; optionally `photos/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import numpy as np

from img_super.durable import replacing
from img_super.lab.dataset.manifest import Row, write_rows
from img_super.lab.synthesis.crew import RenderJob, Write, prepare, render_shards
from img_super.lab.synthesis.pair import Options
from img_super.lab.synthesis.samples import Renderer, Sample, row_of


@dataclass(frozen=True, slots=True)
class CropJob(RenderJob):
    """Crops to render, `side_px` wide. `photos`: whether whole photos are also kept."""

    side_px: int = 256
    photos: bool = False
    options: Options = field(default_factory=Options)


def render_data_set(job: CropJob, processes: int) -> Iterator[int]:
    """Render the missing shards and the manifest; yield each shard's number of samples."""
    (job.out / "photos" if job.photos else job.out).mkdir(parents=True, exist_ok=True)
    return render_shards(job, _start, processes)


def _start(job: CropJob) -> Write:
    return partial(write_shard, job, Renderer(prepare(job), job.seed, job.side_px, job.options))


def write_shard(job: CropJob, renderer: Renderer, shard: int) -> None:
    """Render a shard and write its crops, then its rows: a shard without rows is unfinished."""
    pairs = islice(renderer.pairs(shard), job.size(shard) // 2)
    samples = [sample for pair in pairs for sample in pair]
    path = job.out / f"{job.name(shard)}.npz"
    crops, masks = np.stack([sample.crop for sample in samples]), np.stack([sample.mask for sample in samples])
    with replacing(path) as unfinished:
        np.savez(unfinished, crops=crops, masks=masks)
    write_rows(job.rows_path(shard), [_row(job, shard, place, sample) for place, sample in enumerate(samples)])


def _row(job: CropJob, shard: int, place: int, sample: Sample) -> Row:
    name = job.name(shard)
    photo = ""
    if job.photos:
        photo = f"photos/{name}-{place:03d}.{sample.photo.format}"
        (job.out / photo).write_bytes(sample.photo.data)
    return row_of(sample, name, place, job.seed, photo)
