"""After SIGTERM the service accepts connections for a while, for the load balancer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from img_super.api.app import create_app
from img_super.api.services import Services
from img_super.api.stopping import tell_when_stopping
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@pytest.fixture
def server_stops() -> Iterator[asyncio.Event]:
    """Set when the server's original handler is called."""
    stops = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stops.set())
    yield stops
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("stop_delay_s", "expected"), [(0, []), (7, [(7, "stopping", False)])])
def test_sigterm_ends_readiness_at_once_and_the_server_after_the_delay(
    pipeline: Pipeline, server_stops: asyncio.Event, stop_delay_s: int, expected: list[tuple[float, str, bool]]
) -> None:
    slept: list[tuple[float, str, bool]] = []

    def skip_time(delay_s: float, call: Callable[..., None], *args: Any) -> None:
        slept.append((delay_s, services.health(), server_stops.is_set()))
        call(*args)

    async def stop() -> None:
        asyncio.get_running_loop().call_later = skip_time  # type: ignore[assignment,method-assign]
        tell_when_stopping(services)
        os.kill(os.getpid(), signal.SIGTERM)
        await server_stops.wait()

    services: Services = create_app(Settings(stop_delay_s=stop_delay_s), pipeline).state.services
    asyncio.run(stop())
    assert services.health() == "stopping"
    assert slept == expected
