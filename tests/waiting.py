"""Waiting for events in tests, never for a fixed time."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_S: Final = float(os.environ.get("PATIENCE_S", "300"))
"""After so long a test has failed, on any machine. Longer than the service's own limits, or the two would race.

`tests/mutations` sets it lower, where hanging is what a test without its guard may do.
"""

PATIENT: Final = {
    "IMG_SUPER_BODY_TIMEOUT_S": "600",
    "IMG_SUPER_DEADLINE_S": "600",
    "IMG_SUPER_SHUTDOWN_GRACE_S": "600",
}
"""A service whose own limits of time are not what is tested."""

_Answer = TypeVar("_Answer")


def until(asked: Callable[[], _Answer]) -> _Answer:
    """Poll until the answer is true, and return it."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (answer := asked()):
        assert time.monotonic() < deadline_s, f"still {answer!r}"
        time.sleep(0.01)
    return answer


async def until_then(asked: Callable[[], _Answer]) -> _Answer:
    """The same, on the event loop."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := asked()):
            await asyncio.sleep(0)
    return answer
