"""Several ways to serve, all running, under the same load in alternating blocks, so that ratios hold."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.clients import HasAddress, Outcomes, Request, crowd, for_seconds
from benchmarks.memory import resident_mb


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


def in_turn(ways: Iterable[Way], request: Request, seconds: float, block_s: float, clients: int) -> None:
    """Load for so many seconds together; the first block of each warms it up and is not counted."""
    ways = list(ways)
    for number in range(-1, int(seconds / block_s / len(ways))):
        for way in ways:
            way.block(request, block_s, clients)
            if number < 0:
                way.forget()


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
