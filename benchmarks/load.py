"""1, 2, 8 and 32 clients at once: throughput and latency, compared with the legacy system in the same run.

    python -m benchmarks.load [--photo FILE_OR_FOLDER] [--size 1920x1080] [--seconds N] [--threads 1,2,3,4] [--old]
        [--detector fast]

Several numbers of threads are tried in turn with two clients, to choose among them. The photos are sent repeatedly in
order. `--old` compares with each installed stand-in for the legacy detector (`benchmarks.ways.old_system`). The last
line is JSON.
"""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from importlib.util import find_spec
from itertools import cycle, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.clients import Outcomes, Request, crowd, for_seconds, run_together
from benchmarks.memory import resident_mb
from benchmarks.photos import photo_arguments, photos_of
from benchmarks.running_service import Service, running_service
from benchmarks.timing import print_table, ratio
from benchmarks.ways.way import Way, started

CLIENTS = (1, 2, 8, 32)
CORES = 2
ROUNDS = 8
OLD = ("mobilenet", "mtcnn")
"""Which detector stands for the old system's; see `benchmarks.ways.old_system`."""

COLUMNS = ("clients", "threads", "photos a second", "p50 ms", "p99 ms", "p99 / p50", "MB")


def main() -> None:
    """Print a row for each number of clients, then all of it as JSON."""
    parser = photo_arguments(__doc__, photo=None)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--threads", default=str(CORES))
    parser.add_argument("--old", action="store_true")
    arguments = parser.parse_args()
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector  # for every service that is started
    photos = photos_of(arguments)
    threads = [int(number) for number in arguments.threads.split(",")]
    runs = [(number, clients) for number in threads for clients in (CLIENTS if len(threads) == 1 else (CORES,))]
    rows = [measured(photos, *run, arguments.seconds) for run in runs]
    photo_bytes = int(np.median([len(photo) for photo in photos]))
    print_table(
        f"{arguments.size}, {len(photos)} photos, {photo_bytes // 1000:,} kB",
        COLUMNS,
        [[row[name] for name in COLUMNS] for row in rows],
    )
    summary = {"size": arguments.size, "photos": len(photos), "photo_bytes": photo_bytes, "rows": rows}
    if arguments.old:
        summary |= beside_old(photos, threads[0], arguments.seconds)
        for detector, times in summary["times_old"].items():
            print(f"photos a second, {times} times those of the old system with {detector}")
    print(json.dumps({"benchmark": "load", **summary}))


def measured(photos: Sequence[bytes], threads: int, clients: int, seconds: float) -> dict[str, Any]:
    """A fresh service with so many threads; each of so many clients sends the next photo once it has its answer."""
    requests = [request_of(photo) for photo in photos]
    with serving(threads) as service:
        crowd(service, for_seconds(requests, min(2.0, seconds)), clients)
        start = time.perf_counter()
        outcomes = crowd(service, for_seconds(requests, seconds), clients)
        return _row(service, outcomes, threads, clients, time.perf_counter() - start)


def request_of(photo: bytes) -> Request:
    """The photo as clients send it."""
    return Request(json.dumps({"image": b64encode(photo).decode()}).encode(), "application/json")


def serving(threads: int) -> AbstractContextManager[Service]:
    """A fresh service that lets every client wait."""
    return running_service("--threads", str(threads), "--log-level", "error", IMG_SUPER_QUEUE="64")


def _row(service: Service, outcomes: Outcomes, threads: int, clients: int, seconds: float) -> dict[str, Any]:
    p50, p99 = outcomes.ms(0.5, 200), outcomes.ms(0.99, 200)
    values = (
        clients,
        threads,
        round(outcomes.statuses().get(200, 0) / seconds, 2),
        p50,
        p99,
        round(p99 / p50, 2),
        round(resident_mb(service.process.pid)),
    )
    return {**dict(zip(COLUMNS, values, strict=True)), "statuses": outcomes.statuses()}


def beside_old(photos: Sequence[bytes], threads: int, seconds: float) -> dict[str, Any]:
    """Ours with a client a core and the old system in turn, slice by slice, so that the ratio holds on a busy machine.

    The old system is one process whose networks use all cores, or one a core, whichever does more.
    """
    detectors = [name for name in OLD if name != "mtcnn" or find_spec("mtcnn")]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        files = [Path(folder, f"{number}.jpg") for number in range(len(photos))]
        for file, photo in zip(files, photos, strict=True):
            file.write_bytes(photo)
        service = stack.enter_context(serving(threads))
        works = {"ours": partial(ours_a_second, service, photos)}
        for name, size in product(detectors, (1, CORES)):
            crew = [stack.enter_context(started("old_system", name)) for _ in range(size)]
            works[f"{name} in {size}"] = partial(old_a_second, [(way, cycle(files)) for way in crew])
        rates = _in_slices(works, seconds / ROUNDS)
    best = {name: np.maximum(rates[f"{name} in 1"], rates[f"{name} in {CORES}"]) for name in detectors}
    times_old = {name: ratio(np.array(rates["ours"]), best[name]).as_json() for name in detectors}
    return {"a_second": rates, "times_old": times_old}


def _in_slices(works: Mapping[str, Callable[[float], float]], seconds: float) -> dict[str, list[float]]:
    """What each did in a second, slice by slice; the first one warms up and is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in works}
    for number in range(-1, ROUNDS):
        for name, work in works.items():
            a_second = work(seconds)
            if number >= 0:
                rates[name].append(round(a_second, 3))
    return rates


def ours_a_second(service: Service, photos: Sequence[bytes], seconds: float) -> float:
    """Photos that the service answers in a second."""
    requests = [request_of(photo) for photo in photos]
    start = time.perf_counter()
    outcomes = crowd(service, for_seconds(requests, seconds), CORES)
    return outcomes.statuses().get(200, 0) / (time.perf_counter() - start)


def old_a_second(crew: Sequence[tuple[Way, Iterator[Path]]], seconds: float) -> float:
    """Photos that these processes of the old system do in a second together; each is timed to its own last one."""
    rates: list[float] = []
    run_together([partial(_one_at_work, way, files, seconds, rates) for way, files in crew])
    return sum(rates)


def _one_at_work(way: Way, files: Iterator[Path], seconds: float, rates: list[float]) -> None:
    start, done = time.perf_counter(), 0
    while done == 0 or time.perf_counter() - start < seconds:
        way.take(next(files))
        done += 1
    rates.append(done / (time.perf_counter() - start))


if __name__ == "__main__":
    main()
