"""`POST /detect`, `/localize`, `/detect_and_localize`: `/super` with the interface of the DeepID challenge (ICCV 2025).

A score of 1 is genuine, 0 altered, and 0.5 decides; a mask is black where the photo was altered.
"""

from typing import Any, Final

import cv2
from fastapi import APIRouter, Request, Response

from img_super.api.error_handlers import documented_errors
from img_super.api.openapi import IMAGE_REQUEST
from img_super.api.photo_work import work_on_photo
from img_super.api.routes.super import judge_and_keep
from img_super.api.schemas import DeepIdScore
from img_super.api.services import Services, TheServices
from img_super.pipeline.decide import at_attack_share
from img_super.pipeline.mask import superimposed_mask
from img_super.pipeline.pipeline import SuperResult
from img_super.pipeline.watch import Watch

router = APIRouter(tags=["deepid"])

_PNG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}, "description": "The mask"}
}
_SCORE_HEADER: Final = "X-Score-Value"


@router.post("/detect", summary="DeepID: a score", responses=documented_errors(), openapi_extra=IMAGE_REQUEST)
async def detect(request: Request, services: TheServices) -> DeepIdScore:
    """At most 0.5 where `/super` answers `reco` TRUE."""
    return await work_on_photo(
        request, services, lambda photo, watch: DeepIdScore(score=_score(_judge(request, services, photo, watch)))
    )


@router.post(
    "/localize", summary="DeepID: a mask", response_class=Response, responses=documented_errors() | _PNG,
    openapi_extra=IMAGE_REQUEST,
)  # fmt: skip
async def localize(request: Request, services: TheServices) -> Response:
    """A PNG of the photo's displayed size: black where it was altered, white elsewhere."""
    return await work_on_photo(
        request, services, lambda photo, watch: _picture(_judge(request, services, photo, watch))
    )


@router.post(
    "/detect_and_localize", summary="DeepID: a mask, and the score in a header", response_class=Response,
    responses=documented_errors() | _PNG, openapi_extra=IMAGE_REQUEST,
)  # fmt: skip
async def detect_and_localize(request: Request, services: TheServices) -> Response:
    """As `/localize`, with the score of `/detect` in `X-Score-Value`."""

    def work(photo: bytes, watch: Watch) -> Response:
        result = _judge(request, services, photo, watch)
        return _picture(result, {_SCORE_HEADER: str(_score(result))})

    return await work_on_photo(request, services, work)


def _judge(request: Request, services: Services, photo: bytes, watch: Watch) -> SuperResult:
    return judge_and_keep(request, services, photo, watch)[0]


def _score(result: SuperResult) -> float:
    """Assume the share of attacks at which the threshold's probability is one half: it moves the threshold to 0.5."""
    decision = result.decision
    if not 0 < decision.threshold < 1:
        return 0.0 if decision.superimposed else 1.0
    return 1 - at_attack_share(decision.score, 1 - decision.threshold)


def _picture(result: SuperResult, headers: dict[str, str] | None = None) -> Response:
    _, png = cv2.imencode(".png", superimposed_mask(result), [cv2.IMWRITE_PNG_BILEVEL, 1])
    return Response(png.tobytes(), media_type="image/png", headers=headers)
