"""`GET /model`: which networks answer, and their figures; `POST /model/reload`: switch to another one."""

from fastapi import APIRouter

from img_super.api.error_handlers import documented
from img_super.api.reload import reload_model
from img_super.api.schemas import Models, Reloaded, ValidatorModel
from img_super.api.services import TheServices
from img_super.errors import KeyRefused, ModelRefused, SwitchedOff

router = APIRouter(tags=["service"])


@router.get("/model", summary="Names, versions, sha256, threshold and the card's figures")
async def show_models(services: TheServices) -> Models:
    """Which networks answer, their measured quality, and their limits."""
    detector = services.pipeline.detector
    return Models(
        detector=detector.identity,
        validator=await show_figures(services),
        super_detector=services.pipeline.quick_detector.identity,
        shadow=None if services.shadow is None else services.shadow.identity,
    )


@router.get("/model/figures", summary="Measured quality of the validation network; needs no key")
async def show_figures(services: TheServices) -> ValidatorModel:
    """Policies, rates with intervals, limits: what to know before acting on an answer."""
    validator = services.pipeline.validator
    return ValidatorModel.of_card(validator.card, validator.identity, services.pipeline.policy_name)


@router.post(
    "/model/reload",
    summary="Load the promoted model; needs an admin key",
    responses=documented(KeyRefused, SwitchedOff, ModelRefused),
)
async def reload(services: TheServices) -> Reloaded:
    """Loads and tests the model that `IMG_SUPER_MODEL` names; no request is lost meanwhile.

    A model that is damaged or does not answer is refused; the old one keeps serving.
    """
    if services.settings.admin_keys_file is None:
        raise SwitchedOff.by("IMG_SUPER_ADMIN_KEYS_FILE")
    before = services.pipeline.validator.identity
    now = await reload_model(services)
    return Reloaded(before=before, now=now, workers=services.settings.workers)
