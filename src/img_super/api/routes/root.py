"""`GET /`: somebody is at home."""

from __future__ import annotations

from fastapi import APIRouter

from img_super import __version__
from img_super.api.schemas import Alive

router = APIRouter(tags=["service"])


@router.get("/", summary="Liveness message")
async def root() -> Alive:
    """Somebody is at home."""
    return Alive(service="img_super", version=__version__, status="alive", docs="/docs")
