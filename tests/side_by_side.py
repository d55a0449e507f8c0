"""Which tests stay in one process when several share them, and which begin."""

from __future__ import annotations

from typing import Final

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER: Final = ("tests/networks/", "tests/end_to_end/browser/", "tests/integration/feedback/")
"""What their tests share is dear to make: TensorFlow, a browser, a database server."""

LONG_FIRST: Final = ("tests/networks/", "tests/end_to_end/", "tests/integration/", "tests/deploy/", "tests/hostile/")
"""The short files of `unit` come last, so that no process waits long for the other's end."""


class Rooms(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """A file stays whole, and so do some folders: what is made once a module is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((room for room in TOGETHER if nodeid.startswith(room)), str(super()._split_scope(nodeid)))


def long_first(items: list[pytest.Item]) -> None:
    """Sort what is given out in this order."""
    items.sort(key=lambda item: next((at for at, room in enumerate(LONG_FIRST) if item.nodeid.startswith(room)), 99))
