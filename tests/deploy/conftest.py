"""The files of deploy/, tried with the programs that will read them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MONITORING = DEPLOY / "monitoring"


def program(name: str, package: str) -> str:
    """Where a program of a Debian package is; without it a test is skipped, in CI it fails."""
    found = shutil.which(name)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing; .ci/run installs it with apt")
    pytest.skip(f"{name} is not installed; on Debian: apt install {package}")
