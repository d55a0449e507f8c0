from __future__ import annotations

from pathlib import Path

import pytest

from img_super.errors import BadSettings
from img_super.pipeline.load import Backend
from img_super.settings import load_settings


def test_arguments_override_environment_and_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().port == 8080
    monkeypatch.setenv("IMG_SUPER_PORT", "9001")
    assert load_settings().port == 9001
    assert load_settings(port=None).port == 9001
    assert load_settings(port=9002).port == 9002


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG_SUPER_BACKEND", "")
    assert load_settings().backend is Backend.LITERT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("HOST", "somewhere"),
        ("THREADS", "0"),
        ("BACKEND", "torch"),
        ("POLICY", "severe"),
        ("LOG_LEVEL", "loud"),
        ("MAX_BODY_BYTES", "-1"),
        ("MAX_PIXELS", "many"),
        ("TLS_KEY", "/nowhere"),
        ("WORKERS", "0"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_wrong_value_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"IMG_SUPER_{name}", value)
    with pytest.raises(BadSettings, match=f"IMG_SUPER_{name} cannot be '{value}': "):
        load_settings()


def test_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    with pytest.raises(BadSettings, match="IMG_SUPER_TLS_CERTIFICATE and IMG_SUPER_TLS_KEY belong together"):
        load_settings(tls_certificate=tmp_path / "cert.pem")


def test_settings_round_trip_through_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings(port=9001, tracing=True, keys_file=tmp_path / "keys")
    for name, value in settings.as_variables().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
