"""What no unit test may do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import pytest

SLOW: Final = frozenset({"keras", "openvino", "ray", "tensorflow", "torch"})


@pytest.fixture(autouse=True)
def loads_nothing_slow() -> Iterator[None]:
    """Nor through what it imports; what tests elsewhere have loaded in this process does not count."""
    before = SLOW & sys.modules.keys()
    yield
    assert SLOW & sys.modules.keys() == before, "tests that load these belong in tests/networks or tests/integration"
