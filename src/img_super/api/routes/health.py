"""`GET /health/live` and `/health/ready`, for orchestrators and load balancers."""

from fastapi import APIRouter, Response, status

from img_super.api.schemas import Health
from img_super.api.services import TheServices

router = APIRouter(prefix="/health", tags=["service"])


@router.get(
    "/live",
    summary="The process responds and can still work",
    responses={503: {"model": Health, "description": "Every thread is stuck on a photo"}},
)
async def live(services: TheServices, response: Response) -> Health:
    """Does not check the models. Restart the process when this does not answer or returns 503."""
    if not services.pool.is_lost():
        return Health(status="alive")
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Health(status="stuck")


@router.get(
    "/ready",
    summary="The models are loaded and a warm-up request has passed",
    responses={503: {"model": Health, "description": "Starting, stopping or stuck"}},
)
async def ready(services: TheServices, response: Response) -> Health:
    """Send traffic only while this is 200."""
    health = services.health()
    if health != "ready":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Health(status=health)
