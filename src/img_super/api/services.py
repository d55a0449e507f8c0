"""What the routes work with, made once in `create_app` and kept in the app's state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from img_super.api.judgements import Judgements
from img_super.api.metrics import Metrics
from img_super.api.pool import WorkPool
from img_super.api.shadow import Shadow
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@dataclass(slots=True)
class Services:
    """`warm` once a warm-up request has passed, `stopping` once the process was told to end.

    `pipeline` is read once for each request: another one may stand there for the next.
    """

    settings: Settings
    pipeline: Pipeline
    pool: WorkPool
    metrics: Metrics
    warm: bool = False
    stopping: bool = False
    shadow: Shadow | None = None
    judgements: Judgements | None = None
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def serve_with(self, pipeline: Pipeline) -> None:
        """Let the next request have this pipeline."""
        self.metrics.show_models(pipeline.detector.identity, pipeline.validator.identity)
        usual = pipeline.validator.card.genuine_scores()
        self.metrics.show_usual_scores(usual and usual[1])
        self.pipeline = pipeline


async def _services(request: Request) -> Services:
    """A coroutine, because FastAPI hands a plain function to a thread: 0.14 ms of each request."""
    services: Services = request.app.state.services
    return services


TheServices = Annotated[Services, Depends(_services)]
