"""`make test-fast` is what people type after each change: what loads TensorFlow lies in `networks`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Of other folders' tests, this process may have collected some."""
    loaded = {"tensorflow", "torch"} & sys.modules.keys()
    if loaded and all(item.path.is_relative_to(HERE) for item in session.items):
        raise pytest.UsageError(f"a unit test loads {sorted(loaded)}")
