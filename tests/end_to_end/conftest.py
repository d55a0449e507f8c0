from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.running_service import Service, running_service
from tests.waiting import PATIENT


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service(**PATIENT) as service:
        yield service
