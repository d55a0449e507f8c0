"""Times that hold on a busy machine: alternatives run in turn within a round, and are compared within a round.

In addition to wall time, this measures the processor time of all threads of the working process, which other load
affects far less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

Times: TypeAlias = npt.NDArray[np.float64]
"""Milliseconds, one a round."""

_RESAMPLES = 2000
_WARMING_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median and the bounds between which it lies with 95 % (percentile bootstrap over the rounds)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def as_json(self) -> list[float]:
        return [round(value, 3) for value in (self.value, self.low, self.high)]


@dataclass(frozen=True, slots=True)
class Taken:
    """What works took, round by round: by the clock, and of the processor."""

    clock_ms: Times
    processor_ms: Times

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.clock_ms + other.clock_ms, self.processor_ms + other.processor_ms)


Measure: TypeAlias = Callable[[], tuple[float, float]]
"""Does a work once and says what it took, in milliseconds: by the clock, and of the processor."""


def timed(work: Callable[[], object]) -> Measure:
    """Measures a work of this thread."""

    def measure() -> tuple[float, float]:
        start, start_processor = time.perf_counter(), time.thread_time()
        work()
        return 1000 * (time.perf_counter() - start), 1000 * (time.thread_time() - start_processor)

    return measure


def processor_ms(pid: int) -> float:
    """What all threads of a process have had of the processor so far. Linux only."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e6


def in_turn(measures: Mapping[str, Measure], rounds: int) -> dict[str, Taken]:
    """Take every measure once a round; the first rounds warm up and are not counted."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for number in track(range(-_WARMING_ROUNDS, rounds), description="rounds", console=Console(stderr=True)):
        for name, measure in measures.items():
            value = measure()
            if number >= 0:
                times[name].append(value)
    return {name: Taken(*np.array(values).T) for name, values in times.items()}


def median(times: Times) -> Estimate:
    """The median of a work's times."""
    return _estimate(times[_resampled(len(times))], times[None])


def ratio(times: Times, others: Times) -> Estimate:
    """How many times as long one takes as the other, of times from the same rounds: the ratio of both medians."""
    rounds = _resampled(len(times))
    low, high = np.quantile(np.median(times[rounds], 1) / np.median(others[rounds], 1), (0.025, 0.975))
    return Estimate(float(np.median(times) / np.median(others)), float(low), float(high))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """To the screen; numbers to the right."""
    table = Table(*columns[:1], title=title)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=140).print(table)


def _resampled(rounds: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, rounds, (_RESAMPLES, rounds))


def _estimate(resampled: Times, times: Times) -> Estimate:
    low, high = np.quantile(np.median(resampled, axis=1), (0.025, 0.975))
    return Estimate(float(np.median(times)), float(low), float(high))
