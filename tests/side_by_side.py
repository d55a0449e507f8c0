"""How tests are distributed over processes, and in which order."""

from __future__ import annotations

from typing import Final

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER: Final = ("tests/networks/", "tests/end_to_end/browser/", "tests/integration/feedback/")
"""What their tests share is dear to make: TensorFlow, a browser, a database server."""

LONG_FIRST: Final = ("tests/networks/", "tests/end_to_end/", "tests/integration/", "tests/deploy/", "tests/hostile/")
"""The short files of `unit` come last, so that no process waits long for the other's end."""


class Rooms(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """Keeps files, and some folders, in one process, so that module fixtures are built once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((room for room in TOGETHER if nodeid.startswith(room)), str(super()._split_scope(nodeid)))


def long_first(items: list[pytest.Item]) -> None:
    """Sort the longest first."""
    items.sort(key=lambda item: next((at for at, room in enumerate(LONG_FIRST) if item.nodeid.startswith(room)), 99))
