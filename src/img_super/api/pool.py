"""Worker threads behind a bounded queue; the event loop stays free for health checks."""

import asyncio
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from math import ceil
from threading import Barrier, Lock
from typing import Final, TypeVar

from img_super.api.threads import Threads
from img_super.errors import Overloaded

T = TypeVar("T")

_CLOSE_S: Final = 1
"""Once the service ends, nobody waits for unfinished work: the grace period is over."""

_LOST_AFTER: Final = 3
"""In deadlines: a photo still in progress after this many will never finish."""

_MEMORY: Final = 0.9
"""Weight of the old mean in the moving average; about ten jobs count."""


class WorkPool:
    """A fixed number of threads. Decoding and both networks release the interpreter lock, so threads scale.

    A job keeps its place until its thread is free again, whether or not anyone still waits for it.
    """

    def __init__(
        self,
        threads: int,
        queue: int,
        patience_s: float = 60,
        tell: Callable[[int, int], None] = lambda *_: None,
        deadline_s: float = 60,
    ) -> None:
        """
        Args:
            threads: jobs done at once.
            queue: jobs that may wait while every thread is busy.
            patience_s: jobs that would wait longer are refused, too: their deadline would pass.
            tell: called with `working` and `waiting` whenever they change.
            deadline_s: nobody waits longer than this for a job.
        """
        self.threads = threads
        self._patience_s = patience_s
        self._tell = tell
        self._places = threads + queue
        self._in_hand = 0
        self._mean_s = 0.1
        self._lock = Lock()
        self._deadline_s = deadline_s
        self._threads = Threads(threads, "img_super")

    @property
    def waiting(self) -> int:
        """Jobs waiting for a thread."""
        return max(0, self._in_hand - self.threads)

    @property
    def working(self) -> int:
        """Jobs in progress."""
        return min(self._in_hand, self.threads)

    def refuse_when_full(self) -> None:
        """Raises `Overloaded` when one more job would find no place, or would wait too long for a thread."""
        wait_s = self.waiting * self._mean_s / self.threads
        if self._in_hand >= self._places or wait_s > self._patience_s:
            raise Overloaded(retry_after_s=max(1, ceil(wait_s)))

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in one of the threads; never, if the caller is cancelled before a thread is free.

        Raises `Overloaded` at once when there is no place.
        """
        with self._lock:
            self.refuse_when_full()
            self._change(1)
        try:
            future = self._threads.submit(partial(copy_context().run, self._timed, work))
        except RuntimeError:  # the pool is closed
            self._leave()
            raise
        future.add_done_callback(lambda _: self._leave())
        return await asyncio.wrap_future(future)

    async def run_in_every_thread(self, work: Callable[[], object]) -> None:
        """Do `work` once in each thread, so that thread-local objects exist before traffic arrives."""
        together = Barrier(self.threads)

        def once_here() -> None:
            together.wait()
            work()

        await asyncio.gather(*(self.run(once_here) for _ in range(self.threads)))

    def is_held_up(self) -> bool:
        """Whether every thread is stuck on a job past its deadline: another photo would get no answer."""
        return self._threads.all_busy_for_s() > self._deadline_s

    def is_lost(self) -> bool:
        """Whether they have been stuck so long that only a restart helps."""
        return self._threads.all_busy_for_s() > _LOST_AFTER * self._deadline_s

    def close(self) -> None:
        """Drop queued jobs and let running ones finish, but not for long."""
        self._threads.close(_CLOSE_S)

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return work()
        finally:
            self._mean_s = _MEMORY * self._mean_s + (1 - _MEMORY) * (time.monotonic() - start)

    def _leave(self) -> None:
        with self._lock:
            self._change(-1)

    def _change(self, by: int) -> None:
        self._in_hand += by
        self._tell(self.working, self.waiting)
