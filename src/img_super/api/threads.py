"""Daemon threads with a queue: the process does not wait for them when it ends.

Python's own pool is joined when the interpreter exits, however long that takes: one stuck photo would keep the service
from stopping.
"""

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread, get_ident
from time import monotonic
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

_Work: TypeAlias = tuple[Future[Any], Callable[[], Any]] | None


class Threads:
    """A fixed number of threads."""

    def __init__(self, count: int, name: str) -> None:
        self._waiting: SimpleQueue[_Work] = SimpleQueue()
        self._begun_s: dict[int, float] = {}
        self._closed = False
        self._all = [Thread(target=self._work, name=f"{name}_{number}", daemon=True) for number in range(count)]
        for thread in self._all:
            thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do `work` when a thread is free. Raises RuntimeError when closed."""
        if self._closed:
            raise RuntimeError("the threads have ended")
        future: Future[T] = Future()
        self._waiting.put((future, work))
        return future

    def all_busy_for_s(self) -> float:
        """How long all threads have been busy with their current job; 0 while one is free."""
        begun = list(self._begun_s.values())
        return monotonic() - max(begun) if len(begun) == len(self._all) else 0.0

    def close(self, timeout_s: float) -> bool:
        """Drop queued jobs and let running ones finish; false if some did not in time."""
        self._closed = True
        self._drop_what_waits()
        for _ in self._all:
            self._waiting.put(None)
        end_s = monotonic() + timeout_s
        for thread in self._all:
            thread.join(max(0.0, end_s - monotonic()))
        return not any(thread.is_alive() for thread in self._all)

    def _drop_what_waits(self) -> None:
        try:
            while (job := self._waiting.get_nowait()) is not None:
                job[0].cancel()
        except Empty:
            return

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            future, work = job
            if future.set_running_or_notify_cancel():
                self._do(future, work)

    def _do(self, future: Future[object], work: Callable[[], object]) -> None:
        self._begun_s[get_ident()] = monotonic()
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            future.set_exception(error)
        else:
            future.set_result(result)
        finally:
            del self._begun_s[get_ident()]
