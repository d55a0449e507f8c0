"""Replaces the model while requests go on: the new one is loaded and tested, then swapped in at once.

Requests in progress keep the old model; later ones get the new one, whichever worker answers (`together.py`). A model
that cannot be loaded or does not answer is refused, and the old one keeps serving.
"""

import asyncio
import logging
import signal
from functools import partial
from pathlib import Path

from img_super.api.services import Services
from img_super.api.together import Switch
from img_super.api.warm_up import WARM_UP_PHOTO
from img_super.domain import ModelIdentity
from img_super.errors import BadModel, ImgSuperError, ModelRefused
from img_super.pipeline.load import load_validator
from img_super.pipeline.pipeline import Pipeline
from img_super.registry.registry import serving_folder

_log = logging.getLogger("img_super")


async def reload_model(services: Services) -> ModelIdentity:
    """Switch to the model that `IMG_SUPER_MODEL` names now, in all workers at the same moment.

    Raises `ModelRefused`: it cannot serve; nothing has changed.
    """
    async with services.reloading:
        try:
            await _take(services, serving_folder(services.settings.model))
        except ImgSuperError as error:
            _log.error("The model was not reloaded: %s", error)
            reason = str(error).replace(str(services.settings.model), "IMG_SUPER_MODEL")
            raise ModelRefused(f"{reason} The previous model keeps serving.") from error
        identity = services.pipeline.validator.identity
        _log.info("The model %s %s (sha256 %s) was loaded.", identity.name, identity.version, identity.sha256)
        return identity


async def take_part(services: Services) -> None:
    """Switch models together with the other workers, until this task is cancelled."""
    if services.together is not None:
        await services.together.take_part(partial(_prepared, services))


async def _take(services: Services, model: Path) -> None:
    if services.together is None:
        switch = await _prepared(services, model)
        switch()
    else:
        await services.together.change(model, partial(_prepared, services))


async def _prepared(services: Services, model: Path) -> Switch:
    return partial(services.serve_with, await asyncio.to_thread(_loaded_and_tried, services, model))


def _loaded_and_tried(services: Services, model: Path) -> Pipeline:
    """A pipeline that has answered a real request. Raises `BadModel`, or the error of that request."""
    pipeline = services.pipeline.with_validator(load_validator(model, services.settings.backend))
    try:
        pipeline.super(WARM_UP_PHOTO.read_bytes())
    except ImgSuperError:
        raise
    except Exception as error:  # whatever a foreign network does, the service must survive
        raise BadModel(f"The model does not answer the sample document ({type(error).__name__}).") from error
    return pipeline


def reload_at_hangup(services: Services) -> None:
    """Reload on SIGHUP; with several workers, the parent receives it and forwards it to one of them."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def told_in_the_log() -> None:
        try:
            await reload_model(services)
        except ModelRefused:
            return  # the log says why

    def begin() -> None:
        task = loop.create_task(told_in_the_log())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    try:
        loop.add_signal_handler(signal.SIGHUP, begin)
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):
        return  # no such signal here, or a test's thread
