"""`POST /feedback`: what a judged document turned out to be."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from img_super.api.error_handlers import documented
from img_super.api.schemas import Feedback, FeedbackAnswer
from img_super.api.services import TheServices
from img_super.domain import Label
from img_super.errors import BadRequestBody, BadStore, KeyRefused, Overloaded, RateExceeded, SwitchedOff, UnknownRequest

router = APIRouter(tags=["photo"])


@router.post(
    "/feedback",
    summary="Say what a judged document turned out to be",
    responses=documented(BadRequestBody, KeyRefused, RateExceeded, SwitchedOff, UnknownRequest, Overloaded),
)
async def take_feedback(feedback: Feedback, services: TheServices) -> FeedbackAnswer:
    """Kept with the score that was answered; the photo was never kept, and is not asked for. The last label counts."""
    judgements = services.judgements
    if judgements is None:
        raise SwitchedOff.by("IMG_SUPER_FEEDBACK")
    label = Label[feedback.label.upper()]
    try:
        judged = await asyncio.to_thread(judgements.label, feedback.request_id, label)
    except BadStore as error:
        raise Overloaded("The database for feedback does not answer now.", retry_after_s=10) from error
    if judged is None:
        raise UnknownRequest()
    return FeedbackAnswer(
        request_id=feedback.request_id, label=feedback.label, score=judged.score, threshold=judged.threshold,
        model_version=judged.model_version,
    )  # fmt: skip
