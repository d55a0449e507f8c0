"""`GET /model`: which networks answer, and what is known of them."""

from __future__ import annotations

from fastapi import APIRouter

from img_super.api.schemas import Model, Models, ValidatorModel
from img_super.api.services import TheServices

router = APIRouter(tags=["service"])


@router.get("/model", summary="Names, versions, sha256, threshold and the card's figures")
async def show_models(services: TheServices) -> Models:
    """What gives the answers, what it was measured to be worth, and where its limits are."""
    detector, validator = services.pipeline.detector, services.pipeline.validator
    return Models(
        detector=Model.of(detector.identity),
        validator=ValidatorModel.of_card(validator.card, validator.identity, services.pipeline.policy_name),
    )
