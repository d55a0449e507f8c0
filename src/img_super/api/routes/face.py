"""`POST /face`: where is the portrait?"""

from fastapi import APIRouter, Request

from img_super.api.error_handlers import documented_errors
from img_super.api.openapi import IMAGE_REQUEST
from img_super.api.photo_work import work_on_photo
from img_super.api.schemas import FaceAnswer
from img_super.api.services import TheServices

router = APIRouter(tags=["photo"])


@router.post(
    "/face",
    summary="Find the portrait with the precise detection network",
    responses=documented_errors(),
    openapi_extra=IMAGE_REQUEST,
)
async def find_portrait(request: Request, services: TheServices) -> FaceAnswer:
    """The portrait is chosen as for `/super`, by how it stands in the document; the others are ghosts or bystanders.

    A document turned by any multiple of 90 degrees is found; the coordinates refer to the photo as it is displayed.
    """
    return await work_on_photo(
        request, services, lambda photo, watch: FaceAnswer.of_detection(services.pipeline.face(photo, watch))
    )
