"""The application with fakes, one of which holds every photo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx2
import numpy as np

from img_super.api.app import create_app
from img_super.domain import Detection, RgbImage
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector, FakeValidator, encode
from tests.waiting import PATIENCE_S

PHOTO = encode(np.full((120, 200, 3), 90, np.uint8))


@dataclass
class SlowDetector(FakeDetector):
    """Holds every photo until released."""

    go_on: Event = field(default_factory=Event)

    def detect(self, image: RgbImage) -> Detection | None:
        found = super().detect(image)
        self.go_on.wait(PATIENCE_S)
        return found


@asynccontextmanager
async def service(
    detector: FakeDetector, validator: FakeValidator, **options: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(Settings(threads=1, **options), Pipeline(detector, validator))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        try:
            yield client
        finally:
            if isinstance(detector, SlowDetector):
                detector.go_on.set()
            app.state.services.pool.close()
