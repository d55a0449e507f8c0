"""What the routes work with, made once in `create_app` and kept in the app's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from img_super.api.metrics import Metrics
from img_super.api.pool import WorkPool
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@dataclass(slots=True)
class Services:
    """`warm` once a warm-up request has passed, `stopping` once the process was told to end."""

    settings: Settings
    pipeline: Pipeline
    pool: WorkPool
    metrics: Metrics
    warm: bool = False
    stopping: bool = False


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


TheServices = Annotated[Services, Depends(_services)]
