"""A photo in the service: its body is received, it waits for a thread, and is worked on while somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from fastapi import Request
from starlette.types import Receive

from img_super.api.image_request import receive_image
from img_super.api.services import Services
from img_super.errors import ClientGone, DeadlinePassed
from img_super.pipeline.watch import Stage, Watch

T = TypeVar("T")


async def work_on_photo(request: Request, services: Services, work: Callable[[bytes, Watch], T]) -> T:
    """Do `work` on the photo of a request in a work thread.

    Args:
        work: gets the bytes of the image file and whom to tell of the stages.

    Raises:
        InputError: no photo could be read from the request, or `work` could do nothing with it.
        Overloaded: no place in the queue; found out before the body is read, and once more after it.
        DeadlinePassed: there was no answer in time.
        ClientGone: the client did not wait.
    """
    services.pool.refuse_when_full()
    read_image = await receive_image(request)
    wanted = _Wanted()

    def read_and_work() -> T:
        with wanted(Stage.BODY):
            photo = read_image()
        return work(photo, wanted)

    with wanted.until_the_end():
        return await _while_somebody_waits(
            services.pool.run(read_and_work), request.receive, services.settings.deadline_s
        )


class _Wanted:
    """A watch that ends the work at its next stage once nobody waits for it."""

    def __init__(self) -> None:
        self._over = False

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._over = True

    def __call__(self, stage: Stage) -> AbstractContextManager[object]:
        return self._enter(stage)

    @contextmanager
    def _enter(self, _: Stage) -> Iterator[None]:
        if self._over:
            raise ClientGone()
        yield


async def _while_somebody_waits(work: Awaitable[T], receive: Receive, deadline_s: float) -> T:
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        done, _ = await asyncio.wait({working, leaving}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if working in done:
            return working.result()
        raise ClientGone() if leaving in done else DeadlinePassed()
    finally:
        working.cancel()
        leaving.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
