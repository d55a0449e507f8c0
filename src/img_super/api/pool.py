"""The threads that do the work, so that the event loop stays free to answer health checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


class WorkPool:
    """A fixed number of threads. Decoding and both networks release the interpreter lock, so threads scale."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="img_super")

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def run_in_every_thread(self, work: Callable[[], object]) -> None:
        """Do `work` once in each thread, so that what a thread keeps for itself is there before traffic comes."""
        together = Barrier(self._threads)

        def once_here() -> None:
            together.wait()
            work()

        await asyncio.gather(*(self.run(once_here) for _ in range(self._threads)))

    def close(self) -> None:
        """Let work in hand finish, drop what waits."""
        self._executor.shutdown(wait=True, cancel_futures=True)
