from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count, islice

import numpy as np
import numpy.typing as npt
import pytest

from img_super.lab.forging.processes import in_processes


def numbered(worker: int) -> Iterator[tuple[int, int, npt.NDArray[np.int64]]]:
    for number in count():
        yield worker, os.getpid(), np.full(3, number)


@pytest.fixture
def deaf_to_sigterm() -> Iterator[None]:
    """What this process starts inherits it."""
    kept = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, kept)


@pytest.mark.usefixtures("deaf_to_sigterm")
def test_processes_deliver_batches_in_order_and_end_with_their_consumer() -> None:
    batches = in_processes(numbered, 2)
    seen: dict[int, list[int]] = {0: [], 1: []}
    processes: dict[int, int] = {}
    while min(len(numbers) for numbers in seen.values()) < 3:
        for worker, process, batch in islice(batches, 1):
            processes[worker] = process
            seen[worker].append(int(batch[0]))
    assert all(numbers == list(range(len(numbers))) for numbers in seen.values())
    assert len({*processes.values(), os.getpid()}) == 3
    batches.close()  # type: ignore[attr-defined]
    for process in processes.values():
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
