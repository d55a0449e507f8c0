"""Several photos in one request, each judged independently of the others."""

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
    """Judge every photo of a request, at most one per thread at a time.

    Photos not finished by the deadline are reported as `deadline_passed`; the others are answered. Raises `InputError`:
    the form is unreadable or has too many photos (checked before any is decoded); `Overloaded`: the queue is full
    (checked before the body is read), or the decompressed body needs too much memory; `ClientGone`: the client has
    disconnected.
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

    # Each photo observes the deadline itself; the extra second is for assembling the answers.
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
