"""What the compose file says."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from tests.deploy.conftest import DEPLOY

FILE: Final = DEPLOY / "compose.yaml"


def compose() -> dict[str, Any]:
    """As Compose reads it where no variable is set."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", FILE.read_text())
    return dict(yaml.safe_load(text))


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
