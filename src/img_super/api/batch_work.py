"""Several photos in one request: each has its own way through the threads, and its own end."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from fastapi import Request

from img_super.api.callers import count_photos
from img_super.api.error_handlers import problem_of, unforeseen
from img_super.api.image_request import receive_photos
from img_super.api.limits import hold_unpacked
from img_super.api.photo_work import in_a_thread, while_somebody_waits
from img_super.api.schemas import BatchItem, SuperAnswer
from img_super.api.services import Services
from img_super.errors import DeadlinePassed, InputError, RequestError
from img_super.pipeline.watch import Watch

_log: Final = logging.getLogger("img_super")

Judge = Callable[[bytes, Watch], SuperAnswer]


async def work_on_batch(request: Request, services: Services, judge: Judge) -> list[BatchItem]:
    """Judge every photo of a request, as many at once as there are threads.

    What is not done at the deadline is told as `deadline_passed`; what was done before is answered. Raises
    `InputError`: the form could not be read, or has too many photos; found out before any photo is decoded;
    `Overloaded`: no place in the queue, before the body is read; or no memory for what it was compressed from;
    `ClientGone`: the client did not wait.
    """
    services.pool.refuse_when_full()
    read_photos = await receive_photos(request)
    ends_s = asyncio.get_running_loop().time() + services.settings.deadline_s
    turns = asyncio.Semaphore(services.pool.threads)

    async def all_of_them() -> list[BatchItem]:
        photos = await services.pool.run(read_photos)
        hold_unpacked(request.scope, sum(len(photo) for photo in photos if isinstance(photo, bytes)))
        count_photos(request.scope, len(photos))
        return await asyncio.gather(*(_item(photo, services, judge, turns, ends_s) for photo in photos))

    # Each photo keeps to the deadline itself; the second more is for putting the answers together.
    return await while_somebody_waits(all_of_them(), request.receive, services.settings.deadline_s + 1)


async def _item(
    photo: bytes | InputError, services: Services, judge: Judge, turns: asyncio.Semaphore, ends_s: float
) -> BatchItem:
    try:
        if isinstance(photo, InputError):
            raise photo
        async with asyncio.timeout_at(ends_s), turns:
            return BatchItem(answer=await in_a_thread(services, lambda: photo, judge))
    except RequestError as error:
        return BatchItem(problem=problem_of(error))
    except TimeoutError:
        return BatchItem(problem=problem_of(DeadlinePassed()))
    except Exception:  # noqa: BLE001 one photo's surprise is not the others'
        _log.exception("Unexpected error while answering a photo of a batch")
        return BatchItem(problem=unforeseen())
