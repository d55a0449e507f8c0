from __future__ import annotations

import pytest

from img_super.errors import BadSettings
from img_super.pipeline.load import Backend
from img_super.settings import load_settings


def test_given_over_environment_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().port == 8080
    monkeypatch.setenv("IMG_SUPER_PORT", "9001")
    assert load_settings().port == 9001
    assert load_settings(port=None).port == 9001
    assert load_settings(port=9002).port == 9002


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
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
        ("LOG_LEVEL", "loud"),
        ("MAX_BODY_BYTES", "-1"),
        ("MAX_PIXELS", "many"),
    ],
)
def test_a_wrong_value_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"IMG_SUPER_{name}", value)
    with pytest.raises(BadSettings, match=f"IMG_SUPER_{name} cannot be '{value}': "):
        load_settings()
