"""Throughput over Ray Serve beside plain Uvicorn on the same cores, block by block in turn, as long as both run.

    python -m benchmarks.cluster_load [--seconds 120] [--block 5] [--size 1920x1080] [--clients 4] [--apart]

Plain: one process with a thread a core. Ray: a replica a core and the proxy; with `--apart`, detector and validator as
deployments of their own, too. The processor time of all processes of each way is counted beside the photos: on a
machine that is busy with something else, it tells what the clock cannot. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.clients import HasAddress, Outcomes, Request, crowd, for_seconds
from benchmarks.local_cluster import local_cluster, served
from benchmarks.memory import resident_mb
from benchmarks.photos import GRAIN, SAMPLE, photo_at
from benchmarks.running_service import running_service
from benchmarks.timing import ratio

CORES = len(os.sched_getaffinity(0))


@dataclass
class Way:
    """A way to serve, and what was measured of it, block by block."""

    service: HasAddress
    processes: set[int]
    a_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def block(self, request: Request, seconds: float, clients: int) -> None:
        """One more block of load."""
        start, before = time.perf_counter(), processor_ms(self.processes)
        photos = self.sent(request, seconds, clients).statuses().get(200, 0)
        self.a_second.append(photos / (time.perf_counter() - start))
        self.cpu_ms.append((processor_ms(self.processes) - before) / max(photos, 1))

    def sent(self, request: Request, seconds: float, clients: int) -> Outcomes:
        """What became of the photos that so many clients sent, each over one connection."""
        return crowd(self.service, for_seconds([request], seconds), clients)

    def forget(self) -> None:
        """What was measured while it was warming up."""
        self.a_second.clear()
        self.cpu_ms.clear()

    def as_row(self) -> dict[str, float]:
        return {
            "photos_a_second": round(float(np.median(self.a_second)), 2),
            "cpu_ms_a_photo": round(float(np.median(self.cpu_ms)), 2),
            "processes": len(self.processes),
            "memory_mb": round(sum(map(resident_mb, self.processes))),
        }


def main() -> None:
    """Print a row for each way, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--block", type=float, default=5)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--clients", type=int, default=2 * CORES)
    parser.add_argument("--apart", action="store_true")
    arguments = parser.parse_args()
    request = Request(photo_at(SAMPLE, *map(int, arguments.size.split("x")), GRAIN), "image/jpeg")
    with ExitStack() as stack:
        ways = started(stack, "apart" if arguments.apart else "together")
        for number in range(-1, int(arguments.seconds / arguments.block / len(ways))):
            for way in ways.values():
                way.block(request, arguments.block, arguments.clients)
                if number < 0:  # the first blocks warm up
                    way.forget()
        rows = {name: way.as_row() for name, way in ways.items()}
        plain, ray = ways.values()
        told = {
            "ray_over_plain": ratio(np.array(ray.a_second), np.array(plain.a_second)).as_json(),
            "cpu_ray_over_plain": ratio(np.array(ray.cpu_ms), np.array(plain.cpu_ms)).as_json(),
        }
    for name, row in rows.items():
        print(f"{name:>14}: " + "   ".join(f"{figure} {value:g}" for figure, value in row.items()))
    size = {"size": arguments.size, "photo_bytes": len(request.body), "cores": CORES, "clients": arguments.clients}
    print(json.dumps({"benchmark": "cluster_load", **size, "rows": rows, **told}))


def started(stack: ExitStack, layout: str) -> dict[str, Way]:
    """Both ways, running until the stack is left."""
    plain = stack.enter_context(running_service("--threads", str(CORES), "--log-level", "error"))
    own = set(descendants(os.getpid()))
    stack.enter_context(local_cluster(nodes=1, cores=CORES))
    cores = 1.0 if layout == "together" else CORES / 6
    os.environ["IMG_SUPER_LOG_LEVEL"] = "error"
    ray = stack.enter_context(served(layout=layout, cores=cores, min_replicas=CORES, max_replicas=CORES))
    return {
        "plain": Way(plain, {plain.process.pid}),
        f"ray {layout}": Way(ray, set(descendants(os.getpid())) - own),
    }


def descendants(pid: int) -> Iterator[int]:
    """Every process that this one has started, and those that they have."""
    try:
        tasks = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has just ended
        return
    for child in map(int, " ".join(tasks).split()):
        yield child
        yield from descendants(child)


def processor_ms(processes: set[int]) -> float:
    """What all of them together have had of the processor so far."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes]
    return sum(1000 * (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK") for stat in stats)


if __name__ == "__main__":
    main()
