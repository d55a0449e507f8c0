"""What the routes work with, made once in `create_app` and kept in the app's state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from img_super.api.pool import WorkPool
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@dataclass(slots=True)
class Services:
    settings: Settings
    pipeline: Pipeline
    pool: WorkPool
    ready: bool = field(default=False)


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


TheServices = Annotated[Services, Depends(_services)]
