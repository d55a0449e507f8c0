from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.running_service import Service, running_service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as service:
        yield service
