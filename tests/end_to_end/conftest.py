from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.running_service import Service, running_service
from tests.waiting import PATIENT


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """For all that can do with the usual settings: to start one takes as long as forty photos."""
    with running_service(**PATIENT) as service:
        yield service
