"""`POST /super/batch`: several photos at once."""

from fastapi import APIRouter, Request

from img_super import errors
from img_super.api.batch_work import work_on_batch
from img_super.api.error_handlers import documented
from img_super.api.openapi import PHOTOS_REQUEST
from img_super.api.routes.super import WithEvidence, judging
from img_super.api.schemas import BatchAnswer
from img_super.api.services import TheServices

router = APIRouter(tags=["photo"])

_ERRORS = (
    *(errors.KeyRefused, errors.RateExceeded, errors.SwitchedOff, errors.BadRequestBody, errors.NoImageField),
    *(errors.UnsupportedMedia, errors.SlowBody, errors.TooManyBytes, errors.TooManyPhotos, errors.Overloaded),
    errors.DeadlinePassed,
)


@router.post(
    "/super/batch",
    summary="Judge several photos in one request",
    responses=documented(*_ERRORS),
    response_model_exclude_none=True,
    openapi_extra=PHOTOS_REQUEST,
)
async def judge_portraits(request: Request, services: TheServices, evidence: WithEvidence = False) -> BatchAnswer:
    """Answers in the order of the photos; one that cannot be judged has a `problem` and does not affect the others.

    Each photo counts towards the caller's rate limit.
    """
    if not services.settings.batch_photos:
        raise errors.SwitchedOff.by("IMG_SUPER_BATCH_PHOTOS")
    return BatchAnswer(items=await work_on_batch(request, services, judging(request, services, evidence)))
