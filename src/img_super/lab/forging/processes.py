"""Makes batches in processes beside the training, a few in advance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Final, TypeVar

import cv2

T = TypeVar("T")
_AHEAD: Final = 6


def in_processes(start: Callable[[int], Iterator[T]], workers: int) -> Iterator[T]:
    """Yields what `start(worker)` yields in each of the processes, in order of completion."""
    context = get_context("fork")  # shares gigabytes of material with the parent
    queue: Queue[T] = context.Queue(_AHEAD)
    made = [context.Process(target=_fill, args=(queue, start, worker), daemon=True) for worker in range(workers)]
    for process in made:
        process.start()
    try:
        while True:
            yield queue.get()
    finally:
        for process in made:
            process.kill()  # an inherited SIGTERM handler would keep them alive
            process.join()


def _fill(queue: Queue[T], start: Callable[[int], Iterator[T]], worker: int) -> None:
    cv2.setNumThreads(1)
    for item in start(worker):
        queue.put(item)
