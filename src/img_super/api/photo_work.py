"""One photo's request: receive the body, queue for a thread, work as long as the client waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from fastapi import Request
from opentelemetry import trace
from starlette.types import Receive

from img_super.api.image_request import ReadImage, receive_image
from img_super.api.metrics import Metrics
from img_super.api.services import Services
from img_super.errors import ClientGone, DeadlinePassed, Overloaded
from img_super.pipeline.watch import Stage, Watch

T = TypeVar("T")

_tracer: Final = trace.get_tracer("img_super")


async def work_on_photo(request: Request, services: Services, work: Callable[[bytes, Watch], T]) -> T:
    """Do `work` on the photo of a request in a work thread.

    `work`: gets the bytes of the image file and a watch for the stages.

    Raises:
        InputError: no photo could be read from the request, or `work` rejected it.
        Overloaded: the queue is full; checked before and after the body is read.
        DeadlinePassed: there was no answer in time.
        ClientGone: the client has disconnected.
    """
    services.pool.refuse_when_full()
    read_image = await receive_image(request)
    working = in_a_thread(services, read_image, work)
    return await while_somebody_waits(working, request.receive, services.settings.deadline_s)


async def in_a_thread(services: Services, read_image: ReadImage, work: Callable[[bytes, Watch], T]) -> T:
    """Do `work` on a photo in a work thread; once cancelled, it stops at its next stage."""
    watch = _PhotoWatch(services.metrics)

    def read_and_work() -> T:
        try:
            with watch(Stage.BODY):
                photo = read_image()
            return work(photo, watch)
        except MemoryError as error:
            raise Overloaded("There is not enough memory for this photo right now.", retry_after_s=1) from error

    try:
        return await services.pool.run(read_and_work)
    finally:
        watch.wanted = False


class _PhotoWatch:
    """Times and traces the stages, and stops the work at its next stage once the client has disconnected."""

    def __init__(self, metrics: Metrics) -> None:
        self.wanted = True
        self._metrics = metrics

    @contextmanager
    def __call__(self, stage: Stage) -> Iterator[None]:
        if not self.wanted:
            raise ClientGone()
        start_s = time.perf_counter()
        with _tracer.start_as_current_span(stage.value, record_exception=False, set_status_on_exception=False):
            yield
        self._metrics.stage(stage, time.perf_counter() - start_s)


async def while_somebody_waits(work: Awaitable[T], receive: Receive, deadline_s: float) -> T:
    """The result of `work`, which is cancelled when the client disconnects or the deadline passes."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        finished, _ = await asyncio.wait({working, leaving}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if working in finished:
            return working.result()
        raise ClientGone() if leaving in finished else DeadlinePassed()
    finally:
        working.cancel()
        leaving.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
