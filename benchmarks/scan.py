"""Throughput of `img-super scan` compared with the pipeline in one process, and the load of the cores.

    python -m benchmarks.scan [--photos N] [--block N] [--size W H]

Both ways judge the same photos in alternating blocks, so that the ratio holds on a noisy machine: the pipeline with a
thread per core and the bytes in memory, then the scan of files into Parquet with its journal. The processes are
started once before, as in a long scan. `share_of_cores` is the scan's processor time over that of all cores; on a busy
machine it cannot reach 1, so compare `cpu_ms_a_photo` of the two ways. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from benchmarks.photos import SAMPLE, photo_at
from img_super.durable import replacing
from img_super.pipeline.pipeline import Pipeline
from img_super.scan.crew import AHEAD, Crew, Work
from img_super.scan.journal import Journal
from img_super.scan.results import writer_for
from img_super.scan.summary import Summary
from img_super.sources.found import Found, InFile
from img_super.sources.search import find_photos


@dataclass
class Measured:
    """What one way took, block by block."""

    photos: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    rates: list[float] = field(default_factory=list)

    def add(self, photos: int, wall_s: float, cpu_s: float) -> None:
        """One more block."""
        self.photos, self.wall_s, self.cpu_s = self.photos + photos, self.wall_s + wall_s, self.cpu_s + cpu_s
        self.rates.append(photos / wall_s)

    def as_row(self, cores: int) -> dict[str, float]:
        """Photos a second, processor time a photo, and the share of the cores that was used."""
        return {
            "photos_per_s": round(self.photos / self.wall_s, 2),
            "cpu_ms_a_photo": round(1000 * self.cpu_s / self.photos, 2),
            "share_of_cores": round(self.cpu_s / (self.wall_s * cores), 3),
        }


def main() -> None:
    """Print both ways, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--block", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080), metavar=("W", "H"))
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        photos = write_photos(Path(folder) / "photos", arguments.photos, *arguments.size)
        in_process, scanned = measure(photos, arguments.block, cores, Path(folder))
    rows = {"in process": in_process.as_row(cores), "scan": scanned.as_row(cores)}
    for name, row in rows.items():
        print(f"{name:>12}: " + "   ".join(f"{figure} {value:g}" for figure, value in row.items()))
    wall = scanned.photos / scanned.wall_s / (in_process.photos / in_process.wall_s)
    cpu = in_process.cpu_s / in_process.photos / (scanned.cpu_s / scanned.photos)
    print(f"scan over in process: {wall:.3f} by the clock, {cpu:.3f} by processor time")
    print(json.dumps({
        "benchmark": "scan", "photos": scanned.photos, "size_wh": list(arguments.size), "cores": cores, "rows": rows,
        "throughput_ratio": round(wall, 3), "cpu_ratio": round(cpu, 3),
    }))  # fmt: skip


def write_photos(folder: Path, count: int, width: int, height: int) -> Path:
    """Files with the same picture and different bytes (a comment at the end, which decoders do not read)."""
    folder.mkdir()
    photo = photo_at(SAMPLE, width, height)
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(photo + f"{number}".encode())
    return folder


def measure(folder: Path, block: int, cores: int, work_folder: Path) -> tuple[Measured, Measured]:
    """Both ways in turn over every block of photos."""
    in_process, scanned = Measured(), Measured()
    pipeline = Work().load_pipeline()
    paths = sorted(folder.iterdir())
    with ThreadPoolExecutor(cores) as threads, Crew(Work(), cores) as crew:
        list(crew.judge(InFile(str(path), str(path)) for path in paths[: 2 * AHEAD * cores]))  # both are warm
        list(threads.map(pipeline.super, [path.read_bytes() for path in paths[: 4 * cores]]))
        for place in range(0, len(paths), block):
            some = paths[place : place + block]
            in_process.add(len(some), *time_in_process(pipeline, threads, some))
            scanned.add(len(some), *time_scan(crew, some, work_folder / f"{place}.parquet"))
    return in_process, scanned


def time_in_process(pipeline: Pipeline, threads: ThreadPoolExecutor, paths: list[Path]) -> tuple[float, float]:
    """Wall and processor seconds of the pipeline with a thread a core; the bytes are in memory."""
    photos = [path.read_bytes() for path in paths]
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in threads.map(pipeline.super, photos):
        pass
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def time_scan(crew: Crew, paths: list[Path], out: Path) -> tuple[float, float]:
    """Wall and processor seconds of all processes for finding, reading, judging, journal and results."""
    wall_s, cpu_s = time.perf_counter(), _cpu_s()
    with Journal(out.with_suffix(".journal"), {}) as journal:
        for judged in crew.judge(_only(paths, journal)):
            journal.add(judged)
        journal.commit()
        with replacing(out) as part:
            writer_for(out)(Summary().counting(journal.rows()), part)
    return time.perf_counter() - wall_s, _cpu_s() - cpu_s


def _only(paths: list[Path], journal: Journal) -> Iterator[Found]:
    return find_photos([str(path) for path in paths], {}, journal.__contains__)


def _cpu_s() -> float:
    """Processor time so far of this process and of its crew."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime + sum(_cpu_of_s(worker.pid) for worker in multiprocessing.active_children())


def _cpu_of_s(process: int | None) -> float:
    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
