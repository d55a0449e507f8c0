"""Kills a worker at work: how soon it is back, and the outcome of every request.

    python -m benchmarks.faults [--seconds N]

Two workers, clients with a connection per request; the kill comes after a third of the time. Only requests in the
killed worker may be lost. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import LOST, Client, Outcomes, for_seconds, mixed_photos, run_together
from benchmarks.running_service import Service, running_service

CLIENTS = 4


def main() -> None:
    """Print what became of the requests and when two workers served again, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    seconds = parser.parse_args().seconds
    outcomes, back_s = Outcomes(), list[float]()
    with (
        TemporaryDirectory() as folder,
        running_service("--workers", "2", "--threads", "1", IMG_SUPER_LOG_LEVEL="error", TMPDIR=folder) as service,
    ):
        wait_for_two(service, Path(folder))
        killer = threading.Thread(target=lambda: back_s.append(kill_one(service, Path(folder), seconds / 3)))
        killer.start()
        run_together([lambda: send(service, seconds, outcomes)] * CLIENTS)
        killer.join()
    row = {
        "sent": outcomes.sent,
        "statuses": outcomes.statuses(),
        "lost_with_the_worker": outcomes.statuses().get(LOST, 0),
        "back_after_s": round(back_s[0], 2),
        "p99_ms": outcomes.ms(0.99, 200),
    }
    print(json.dumps({"benchmark": "faults", **row}))


def send(service: Service, seconds: float, outcomes: Outcomes) -> None:
    """Photos of an ordinary size, each over a new connection."""
    for request in for_seconds(mixed_photos()[1:3], seconds):
        outcome = Client(service).send(request)
        outcomes.every.append(outcome)
        outcomes.sent += 1


def kill_one(service: Service, folder: Path, after_s: float) -> float:
    """Kill a worker; the seconds until another one has loaded its models and begun to write its metrics."""
    time.sleep(after_s)
    before = workers(service)
    os.kill(before[0], signal.SIGKILL)
    start = time.monotonic()
    while not any(serves(pid, folder) for pid in set(workers(service)) - set(before)):
        time.sleep(0.02)
    return time.monotonic() - start


def serves(pid: int, folder: Path) -> bool:
    """Whether this worker has made its application."""
    return any(folder.rglob(f"*_{pid}.db"))


def workers(service: Service) -> list[int]:
    """The processes that serve: children that were not started to watch over others."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if _is_worker(child)]


def _is_worker(pid: str) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False


def wait_for_two(service: Service, folder: Path, seconds: float = 300) -> None:
    """Raises AssertionError when two workers do not serve in time."""
    deadline = time.monotonic() + seconds
    while sum(serves(pid, folder) for pid in workers(service)) < 2:
        assert time.monotonic() < deadline  # noqa: S101
        time.sleep(0.1)


if __name__ == "__main__":
    main()
