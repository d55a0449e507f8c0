"""Resident memory of the service after 100 and after 1,000 photos of 12 megapixels to `/super`, which must be flat.

    python -m benchmarks.memory [--photo FILE] [--size 4000x3000] [--requests N] [--threads N] [--clients N]

The last line is JSON. Linux only (it reads /proc).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from rich.progress import track

from benchmarks.clients import Request, crowd
from benchmarks.photos import photo_arguments, photo_of
from benchmarks.running_service import running_service

STEPS = 10


def main() -> None:
    """Print what the service holds as the requests go on, then all of it as JSON."""
    parser = photo_arguments(__doc__, "4000x3000")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clients", type=int, default=2)
    arguments = parser.parse_args()
    variables = {"IMG_SUPER_DETECTOR": arguments.detector}
    photo = Request(photo_of(arguments), "image/jpeg")
    after_mb, statuses = dict[int, float](), set[int]()
    with running_service("--threads", str(arguments.threads), "--log-level", "error", **variables) as service:
        for done in track(steps(arguments.requests), total=STEPS, description="requests"):
            outcomes = crowd(service, iter(repeat(photo, arguments.requests // STEPS)), arguments.clients)
            after_mb[done], statuses = resident_mb(service.process.pid), statuses | set(outcomes.statuses())
        peak_mb = resident_mb(service.process.pid, "VmHWM")
    first, last = (after_mb[done] for done in (min(after_mb), max(after_mb)))
    print(f"after {min(after_mb)}: {first:.0f} MB, after {max(after_mb)}: {last:.0f} MB, peak {peak_mb:.0f} MB")
    row = {"size": arguments.size, "threads": arguments.threads, "clients": arguments.clients, "after_mb": after_mb}
    row |= {"peak_mb": peak_mb, "ratio": last / first, "statuses": sorted(statuses)}
    print(json.dumps({"benchmark": "memory", **row}))


def steps(requests: int) -> Iterator[int]:
    """How many were sent after each step."""
    yield from range(requests // STEPS, requests + 1, requests // STEPS)


def resident_mb(pid: int, which: str = "VmRSS") -> float:
    """Resident memory of a process, in millions of bytes; `VmHWM` for the most it ever had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in status if line.startswith(which))
    return kib * 1024 / 1e6


if __name__ == "__main__":
    main()
