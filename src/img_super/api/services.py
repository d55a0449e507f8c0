"""What the routes share: opened once per app, kept in its state, closed when its lifespan ends."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends, Request

from img_super.api.judgements import Judgements, open_judgements
from img_super.api.keys import KnownKeys
from img_super.api.metrics import Metrics
from img_super.api.pool import WorkPool
from img_super.api.shadow import Shadow
from img_super.api.together import Together
from img_super.pipeline.load import load_validator
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@dataclass(slots=True)
class Services:
    """`warm` once a warm-up request has passed, `stopping` once the process was told to stop. Read `pipeline` once per
    request: a reload may replace it.
    """

    settings: Settings
    pipeline: Pipeline
    pool: WorkPool
    metrics: Metrics
    warm: bool = False
    stopping: bool = False
    shadow: Shadow | None = None
    judgements: Judgements | None = None
    keys: KnownKeys | None = None
    admin_keys: KnownKeys | None = None
    together: Together | None = None
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def open(cls, settings: Settings, pipeline: Pipeline, together: Together | None = None) -> "Services":
        """Everything that these settings enable; `together` with other workers. Raises `StartError`."""
        metrics = Metrics()
        services = cls(
            settings,
            pipeline,
            WorkPool(settings.threads, settings.queue, settings.deadline_s / 2, metrics.in_hand, settings.deadline_s),
            metrics,
            keys=KnownKeys(settings.keys_file) if settings.keys_file else None,
            admin_keys=KnownKeys(settings.admin_keys_file) if settings.admin_keys_file else None,
            shadow=_open_shadow(settings, pipeline, metrics),
            judgements=open_judgements(settings.feedback, settings.feedback_days) if settings.feedback else None,
            together=together,
        )
        services.serve_with(pipeline)
        return services

    def close(self) -> None:
        """Finish the work in progress."""
        self.pool.close()
        for resource in (self.shadow, self.judgements):
            if resource is not None:
                resource.close()

    def health(self) -> Literal["ready", "starting", "stopping", "stuck"]:
        """Whether photos can be answered, and if not, why."""
        if self.stopping:
            return "stopping"
        key_files = [keys for keys in (self.keys, self.admin_keys) if keys is not None]
        if self.pool.is_held_up() or not all(keys.are_usable for keys in key_files):
            return "stuck"
        return "ready" if self.warm else "starting"

    def serve_with(self, pipeline: Pipeline) -> None:
        """Use this pipeline from the next request on."""
        self.metrics.show_models(pipeline.detector.identity, pipeline.validator.identity)
        usual = pipeline.validator.card.genuine_scores()
        self.metrics.show_usual_scores(usual and usual[1])
        self.pipeline = pipeline


def _open_shadow(settings: Settings, pipeline: Pipeline, metrics: Metrics) -> Shadow | None:
    if settings.shadow_model is None:
        return None
    shadow = Shadow(pipeline.with_validator(load_validator(settings.shadow_model, settings.backend)), metrics)
    metrics.show_shadow(shadow.identity)
    return shadow


async def _services(request: Request) -> Services:
    """A coroutine, because FastAPI would run a plain function in a thread: 0.14 ms per request."""
    services: Services = request.app.state.services
    return services


TheServices = Annotated[Services, Depends(_services)]
