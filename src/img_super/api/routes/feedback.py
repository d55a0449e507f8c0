"""`POST /feedback`: what a judged document turned out to be."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from img_super import errors
from img_super.api.callers import owner_of
from img_super.api.error_handlers import documented
from img_super.api.openapi import body_of, reference
from img_super.api.schemas import Feedback, FeedbackAnswer
from img_super.api.services import TheServices
from img_super.domain import Label

router = APIRouter(tags=["photo"])

_ERRORS = (
    *(errors.BadRequestBody, errors.KeyRefused, errors.RateExceeded, errors.SwitchedOff, errors.UnknownRequest),
    *(errors.Overloaded, errors.TooManyBytes, errors.SlowBody),
)


@router.post(
    "/feedback",
    summary="Report what a judged document turned out to be",
    responses=documented(*_ERRORS),
    openapi_extra=body_of(("application/json", reference("Feedback"))),
)
async def take_feedback(request: Request, services: TheServices) -> FeedbackAnswer:
    """The label is stored with the score that was answered; photos are neither stored nor needed. The last label
    counts.

    If keys are required, each owner can label and see only its own answers.
    """
    judgements = services.judgements
    if judgements is None:
        raise errors.SwitchedOff.by("IMG_SUPER_FEEDBACK")
    feedback = _read(await request.body())
    label = Label[feedback.label.upper()]
    try:
        judgement = await asyncio.to_thread(judgements.label, owner_of(request.scope), feedback.request_id, label)
    except errors.BadStore as error:
        raise errors.Overloaded("The feedback database is not responding.", retry_after_s=10) from error
    if judgement is None:
        raise errors.UnknownRequest()
    return FeedbackAnswer(
        request_id=feedback.request_id, label=feedback.label, score=judgement.score, threshold=judgement.threshold,
        model_version=judgement.model_version,
    )  # fmt: skip


def _read(body: bytes) -> Feedback:
    """Not parsed by FastAPI, which would report an exceeded body limit as a malformed body."""
    try:
        return Feedback.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors()]
        ) from error
