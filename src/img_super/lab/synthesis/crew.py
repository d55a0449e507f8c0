"""Renders a data set shard by shard in several processes; finished shards are kept.

A shard is finished when its rows, `shard-00000.jsonl`, exist. Every byte depends on seed and options, not on the number
of processes.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

import cv2

from img_super.durable import replace_durably
from img_super.lab.dataset.splits import Split
from img_super.lab.synthesis.portraits.folder import Progress
from img_super.lab.synthesis.sources import Sources, Wanted, load_sources


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A data set to render."""

    out: Path
    cache: Path
    split: Split
    count: int  # of samples; rounded up to whole pairs, since every genuine sample has its attack
    seed: int
    # data, cache, split, drawn, portraits, designs: see `load_sources`
    data: Path | None = None
    drawn: int = 0
    portraits: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    shard_size: int = 100  # samples per shard, even; affects the bytes

    @property
    def shards(self) -> int:
        return -(-self.count // self.shard_size)

    def size(self, shard: int) -> int:
        """The number of samples in the shard."""
        remaining = self.count - shard * self.shard_size
        return min(self.shard_size, remaining + remaining % 2)

    def name(self, shard: int) -> str:
        return f"shard-{shard:05d}"

    def rows_path(self, shard: int) -> Path:
        return self.out / f"{self.name(shard)}.jsonl"


AnyJob = TypeVar("AnyJob", bound=RenderJob)
Write = Callable[[int], None]
"""Renders the shard of that number and writes its rows last."""

_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**26), "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}  # fmt: skip
"""One thread a process, and memory that stays: giving it back after every picture took up to a third of the time."""

_writes: Final[list[Write]] = []
"""What a process of the crew renders with, once it has started."""


def prepare(job: RenderJob, progress: Progress | None = None) -> Sources:
    """Load the job's sources; the first time, this draws and examines portraits, which takes a while.

    Raises `NothingToDrawFrom`: see `load_sources`; `BadWeights`: a network of the generator is not installed.
    """
    return load_sources(job.data, job.cache, Wanted(job.split, job.drawn, job.portraits, job.designs), progress)


def render_shards(job: AnyJob, start: Callable[[AnyJob], Write], processes: int) -> Iterator[int]:
    """Render the missing shards, yielding each one's number of samples; then write the manifest.

    `start`: called once in every process; a module-level function, because it is pickled by name.
    """
    job.out.mkdir(parents=True, exist_ok=True)
    unwritten = [shard for shard in range(job.shards) if not job.rows_path(shard).exists()]
    with _of_processes(_ENVIRONMENT), get_context("spawn").Pool(processes, _start, (job, start)) as pool:
        for shard in pool.imap_unordered(_render, unwritten):
            yield job.size(shard)
    write_manifest(job)


def write_manifest(job: RenderJob) -> None:
    """Write `manifest.jsonl`: the rows of the finished shards."""
    paths = [job.rows_path(shard) for shard in range(job.shards)]
    replace_durably(job.out / "manifest.jsonl", b"".join(path.read_bytes() for path in paths if path.exists()))


@contextmanager
def _of_processes(environment: Mapping[str, str]) -> Iterator[None]:
    """Processes started in here get these environment variables unless already set."""
    added = {name: value for name, value in environment.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _start(job: AnyJob, start: Callable[[AnyJob], Write]) -> None:
    cv2.setNumThreads(1)
    _writes.append(start(job))


def _render(shard: int) -> int:
    _writes[-1](shard)
    return shard
