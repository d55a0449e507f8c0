"""`GET /metrics`, for Prometheus."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from img_super.api.services import TheServices

router = APIRouter(tags=["service"])


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def show_metrics(services: TheServices) -> Response:
    """Requests, stages, queue, scores, verdicts, errors and models, of all workers."""
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)
