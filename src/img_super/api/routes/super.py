"""`POST /super`: was the portrait superimposed?"""

from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Request

from img_super.api.callers import owner_of
from img_super.api.error_handlers import documented_errors
from img_super.api.openapi import IMAGE_REQUEST
from img_super.api.photo_work import work_on_photo
from img_super.api.schemas import SuperAnswer
from img_super.api.services import Services, TheServices
from img_super.pipeline.pipeline import SuperResult
from img_super.pipeline.watch import Watch

router = APIRouter(tags=["photo"])

WithEvidence: TypeAlias = Annotated[bool, Query(description="Also return where the superimposition shows.")]


@router.post(
    "/super",
    summary="Say how likely it is that the portrait was superimposed",
    responses=documented_errors(),
    response_model_exclude_none=True,
    openapi_extra=IMAGE_REQUEST,
)
async def judge_portrait(request: Request, services: TheServices, evidence: WithEvidence = False) -> SuperAnswer:
    """Finds the portrait, examines it and its surroundings, and returns a calibrated probability."""
    return await work_on_photo(request, services, judging(request, services, evidence))


def judging(request: Request, services: Services, evidence: bool) -> Callable[[bytes, Watch], SuperAnswer]:
    """The work done on a photo of this request in a work thread."""

    def judge(photo: bytes, watch: Watch) -> SuperAnswer:
        result, judgement_id = judge_and_keep(request, services, photo, watch)
        answer = SuperAnswer.of(result, evidence, services.settings.attack_share)
        answer.judgement_id = judgement_id
        return answer

    return judge


def judge_and_keep(request: Request, services: Services, photo: bytes, watch: Watch) -> tuple[SuperResult, str | None]:
    """Judge a photo, count the result, compare it with the shadow's, and store it if feedback is on: then it has an
    ID."""
    pipeline = services.pipeline
    look = pipeline.look(photo, watch)
    result = pipeline.judge(look, watch)
    services.metrics.decided(result.decision, result.reasons)
    if services.shadow is not None:
        services.shadow.compare(look, result)
    if services.judgements is None:
        return result, None
    return result, services.judgements.keep(owner_of(request.scope), request.state.request_id, result)
