"""Answers a real request before traffic: a service that cannot must not report ready."""

import logging
from pathlib import Path
from typing import Final

from img_super.api.services import Services

WARM_UP_PHOTO: Final = Path(__file__).parent.parent / "samples" / "bona_fide.jpg"

_log = logging.getLogger("img_super")


async def warm_up(services: Services) -> None:
    """Run `/super` on the sample document in every work thread; ready only if all succeed."""
    photo = WARM_UP_PHOTO.read_bytes()
    try:
        await services.pool.run_in_every_thread(lambda: services.pipeline.super(photo))
    except Exception as error:  # noqa: BLE001 whatever went wrong, the service must say so and stay unready
        _log.error("The warm-up request failed (%r); the service will not become ready.", error)  # our own sample
        return
    services.warm = True
    _log.info("Ready: the models are loaded and a warm-up request has passed.")
