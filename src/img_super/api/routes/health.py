"""`GET /health/live` and `/health/ready`, for whoever starts and restarts the service."""

from __future__ import annotations

from fastapi import APIRouter, Response, status

from img_super.api.schemas import Health
from img_super.api.services import TheServices

router = APIRouter(prefix="/health", tags=["service"])


@router.get("/live", summary="The process answers")
async def live() -> Health:
    """Says nothing of the models; restart the process when this does not answer."""
    return Health(status="alive")


@router.get(
    "/ready",
    summary="The models are loaded and a warm-up request has passed",
    responses={503: {"model": Health, "description": "Not yet, not any more, or the warm-up request failed"}},
)
async def ready(services: TheServices, response: Response) -> Health:
    """Send traffic only while this is 200."""
    if services.warm and not services.stopping:
        return Health(status="ready")
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Health(status="stopping" if services.stopping else "starting")
