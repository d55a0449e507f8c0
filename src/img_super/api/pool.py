"""The threads that do the work, and the bounded queue before them; the event loop stays free for health checks."""

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
"""What is still worked on when the service ends has nobody waiting for it: the grace time is over."""

_LOST_AFTER: Final = 3
"""So many deadlines: a photo that a thread is then still at does not end."""

_MEMORY: Final = 0.9
"""How much of the old mean the next work leaves; about the last ten works count."""


class WorkPool:
    """A fixed number of threads. Decoding and both networks release the interpreter lock, so threads scale.

    A place is held until a thread has really let go of the work, whether somebody still waits for it or not.
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
            threads: works that are done at once.
            queue: works that may wait while every thread is busy.
            patience_s: whoever would wait for longer is refused, too: its deadline would pass, and its work be lost.
            tell: gets `working` and `waiting` whenever they change.
            deadline_s: after so long nobody waits for a work any more.
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
        """Works that wait for a thread."""
        return max(0, self._in_hand - self.threads)

    @property
    def working(self) -> int:
        """Works that a thread is doing."""
        return min(self._in_hand, self.threads)

    def refuse_when_full(self) -> None:
        """Raises `Overloaded` when one more work would find no place, or would wait too long for a thread."""
        wait_s = self.waiting * self._mean_s / self.threads
        if self._in_hand >= self._places or wait_s > self._patience_s:
            raise Overloaded(retry_after_s=max(1, ceil(wait_s)))

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in one of the threads. When the caller is cancelled before a thread is free, it is never done.

        Raises `Overloaded`: at once, when there is no place.
        """
        with self._lock:
            self.refuse_when_full()
            self._change(1)
        try:
            future = self._threads.submit(partial(copy_context().run, self._timed, work))
        except RuntimeError:  # the pool was closed
            self._leave()
            raise
        future.add_done_callback(lambda _: self._leave())
        return await asyncio.wrap_future(future)

    async def run_in_every_thread(self, work: Callable[[], object]) -> None:
        """Do `work` once in each thread, so that what a thread keeps for itself is there before traffic comes."""
        together = Barrier(self.threads)

        def once_here() -> None:
            together.wait()
            work()

        await asyncio.gather(*(self.run(once_here) for _ in range(self.threads)))

    def is_held_up(self) -> bool:
        """Whether every thread is at a work that nobody waits for any more: another photo would get no answer."""
        return self._threads.all_busy_for_s() > self._deadline_s

    def is_lost(self) -> bool:
        """Whether they have been so for so long that only a new process helps."""
        return self._threads.all_busy_for_s() > _LOST_AFTER * self._deadline_s

    def close(self) -> None:
        """Drop what waits, and let what is in hand finish, but not for long."""
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
