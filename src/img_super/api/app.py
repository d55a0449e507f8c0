"""Assembles the service; every decision is made elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from img_super import __version__
from img_super.addresses import read_networks
from img_super.api.callers import Callers, asks_for_key
from img_super.api.cross_origin import add_cross_origin
from img_super.api.error_handlers import install_error_handlers
from img_super.api.limits import BodyLimits
from img_super.api.openapi import complete_openapi, operation_id
from img_super.api.proxies import TrustedProxies
from img_super.api.reload import reload_at_hangup, take_part
from img_super.api.request_log import RequestLog
from img_super.api.routes import batch, deepid, face, feedback, health, model, page
from img_super.api.routes import metrics as metrics_route
from img_super.api.routes import super as superimposed
from img_super.api.security_headers import SecurityHeaders
from img_super.api.services import Services
from img_super.api.stopping import tell_when_stopping
from img_super.api.together import Together
from img_super.api.tracing import telemetry
from img_super.api.trailing_slash import TrailingSlash
from img_super.api.warm_up import warm_up
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings

_DESCRIPTION = (
    "Finds the portrait in a photo of an identity document and says how likely it is that the portrait was "
    "superimposed: another head, photo or face laid over the genuine one, on screen or on paper."
)


def create_app(settings: Settings, pipeline: Pipeline, together: Together | None = None) -> FastAPI:
    """The ASGI application, for one worker `together` with others. Its documentation needs no network access.

    Raises `StartError`.
    """
    services = Services.open(settings, pipeline, together)
    app = FastAPIOffline(
        title="img_super",
        version=__version__,
        description=_DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,  # `trailing_slash.py` explains why
        lifespan=_lifespan,
        generate_unique_id_function=operation_id,
        telemetry=telemetry(settings.tracing),
    )
    app.state.services = services
    _add_layers(app, settings, services)
    install_error_handlers(app)
    # The router tries them in this order (0.1 ms for all), so photos come first.
    for routes in (superimposed, face, batch, page, health, metrics_route, model, feedback):
        app.include_router(routes.router)
    if settings.deepid:
        app.include_router(deepid.router)
    page.mount_page_files(app)
    for_callers, for_admins = services.keys is not None, services.admin_keys is not None
    complete_openapi(app, partial(asks_for_key, for_callers=for_callers, for_admins=for_admins))
    return app


def _add_layers(app: FastAPI, settings: Settings, services: Services) -> None:
    """Add middleware, from the innermost to the outermost."""
    app.add_middleware(
        BodyLimits,
        max_bytes=settings.max_body_bytes,
        max_bytes_together=settings.body_memory_bytes,
        timeout_s=settings.body_timeout_s,
        max_batch_bytes=settings.batch_bytes if settings.batch_photos else 0,
    )
    app.add_middleware(Callers, keys=services.keys, per_minute=settings.rate_per_minute, admin_keys=services.admin_keys)
    add_cross_origin(app, settings.cors_origins)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=services.metrics)
    app.add_middleware(TrailingSlash)
    if settings.trusted_proxies:
        app.add_middleware(TrustedProxies, networks=read_networks(settings.trusted_proxies))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    tell_when_stopping(services)
    reload_at_hangup(services)
    background = [asyncio.create_task(work(services)) for work in (warm_up, take_part)]
    if services.together is not None:
        services.together.join()
    yield
    for task in background:
        task.cancel()
    if services.together is not None:
        services.together.leave()
    services.close()
