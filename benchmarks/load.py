"""1, 2, 8 and 32 clients at once: throughput and latency, beside the throughput of the old system in the same run.

    python -m benchmarks.load [--size 1920x1080] [--seconds N] [--threads 1,2,3,4] [--old] [--detector fast]

With several numbers of threads each is tried in turn, with two clients, to choose among them. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.clients import Outcomes, Request, crowd, for_seconds, run_together
from benchmarks.memory import resident_mb
from benchmarks.photos import photo_arguments, photo_of
from benchmarks.running_service import Service, running_service
from benchmarks.timing import print_table, ratio
from benchmarks.ways.way import Way, started

CLIENTS = (1, 2, 8, 32)
CORES = 2
ROUNDS = 8
COLUMNS = ("clients", "threads", "photos a second", "p50 ms", "p99 ms", "p99 / p50", "MB")


def main() -> None:
    """Print a row for each number of clients, then all of it as JSON."""
    parser = photo_arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--threads", default=str(CORES))
    parser.add_argument("--old", action="store_true")
    arguments = parser.parse_args()
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector  # for every service that is started
    photo = photo_of(arguments)
    threads = [int(number) for number in arguments.threads.split(",")]
    runs = [(number, clients) for number in threads for clients in (CLIENTS if len(threads) == 1 else (CORES,))]
    rows = [measured(photo, *run, arguments.seconds) for run in runs]
    print_table(
        f"{arguments.size}, {len(photo) // 1000:,} kB", COLUMNS, [[row[name] for name in COLUMNS] for row in rows]
    )
    summary = {"size": arguments.size, "photo_bytes": len(photo), "rows": rows}
    if arguments.old:
        summary |= beside_old(photo, threads[0], arguments.seconds)
        print(f"photos a second, {summary['times_old']} times those of the old system")
    print(json.dumps({"benchmark": "load", **summary}))


def measured(photo: bytes, threads: int, clients: int, seconds: float) -> dict[str, Any]:
    """A fresh service with so many threads; each of so many clients sends the next photo once it has its answer."""
    request = request_of(photo)
    with serving(threads) as service:
        crowd(service, for_seconds([request], min(2.0, seconds)), clients)
        start = time.perf_counter()
        outcomes = crowd(service, for_seconds([request], seconds), clients)
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


def beside_old(photo: bytes, threads: int, seconds: float) -> dict[str, Any]:
    """Ours with a client a core and the old system in turn, slice by slice, so that the ratio holds on a busy machine.

    The old system is one process whose networks use all cores, or one a core, whichever does more.
    """
    rates: dict[str, list[float]] = {name: [] for name in ("ours", "old, one process", "old, one a core")}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder, "photo.jpg")
        file.write_bytes(photo)
        service = stack.enter_context(serving(threads))
        crews = [[stack.enter_context(started("old_system")) for _ in range(size)] for size in (1, CORES)]
        ours = partial(ours_a_second, service, photo)
        works = [ours, *(partial(old_a_second, crew, file) for crew in crews)]
        for work in works:
            work(2.0)
        for _ in range(ROUNDS):
            for name, work in zip(rates, works, strict=True):
                rates[name].append(work(seconds / ROUNDS))
    best = np.maximum(rates["old, one process"], rates["old, one a core"])
    return {"a_second": rates, "times_old": ratio(np.array(rates["ours"]), best).as_json()}


def ours_a_second(service: Service, photo: bytes, seconds: float) -> float:
    """Photos that the service answers in a second."""
    start = time.perf_counter()
    outcomes = crowd(service, for_seconds([request_of(photo)], seconds), CORES)
    return outcomes.statuses().get(200, 0) / (time.perf_counter() - start)


def old_a_second(ways: Sequence[Way], file: Path, seconds: float) -> float:
    """Photos that these processes of the old system do in a second together."""
    done: list[int] = []
    start = time.perf_counter()
    run_together([_counting(way, file, start + seconds, done) for way in ways])
    return len(done) / (time.perf_counter() - start)


def _counting(way: Way, file: Path, end: float, done: list[int]) -> Callable[[], None]:
    def count() -> None:
        while time.perf_counter() < end:
            way.take(file)
            done.append(1)

    return count


if __name__ == "__main__":
    main()
