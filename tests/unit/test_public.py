"""The package's public interface."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import img_super


@pytest.mark.parametrize("name", img_super.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(img_super, name) is not None
    assert name in dir(img_super)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_everything'"):
        img_super.load_everything  # noqa: B018


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import img_super", ("numpy", "cv2", "ai_edge_litert", "fastapi", "tensorflow", "pydantic")),
        ("from img_super import load_pipeline; load_pipeline()", ("fastapi", "starlette", "uvicorn", "tensorflow")),
    ],
)
def test_imports_are_lazy(code: str, absent: tuple[str, ...]) -> None:
    asked = f"{code}\nimport sys\nprint([name for name in {absent!r} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(Path(img_super.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
