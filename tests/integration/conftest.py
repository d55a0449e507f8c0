"""Slow fixtures shared by several files."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

DRAWN = 14
"""Portraits that are drawn for a test run."""


@pytest.fixture(scope="session")
def portraits_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of all portraits, shared by the test processes: the second one waits and reads."""
    from img_super.lab.synthesis.portraits.drawn import draw_portraits

    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "portraits-cache"
    cache.mkdir(exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draw_portraits(DRAWN, 1, cache)
    return cache
