from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from img_super.cli.app import app

serve_module = "img_super.cli.serve"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The arguments of Uvicorn, which does not run, and the number of frozen objects."""
    calls: list[dict[str, Any]] = []

    def run(app: object, **options: Any) -> None:
        calls.append({"app": app, "set_aside": gc.get_freeze_count(), **options})

    monkeypatch.setattr(f"{serve_module}.build_app", lambda settings: settings)
    monkeypatch.setattr(f"{serve_module}.uvicorn.run", run)
    monkeypatch.setattr(f"{serve_module}.signal.signal", lambda *_: None)
    monkeypatch.setattr(gc, "collect", lambda: 0)  # of all tests' objects, it takes a second
    yield calls
    gc.unfreeze()


def test_options_override_the_environment(started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG_SUPER_PORT", "9000")
    monkeypatch.setenv("IMG_SUPER_THREADS", "3")
    result = CliRunner().invoke(app, ["serve", "--port", "9100", "--log-level", "warning"])
    assert result.exit_code == 0
    (call,) = started
    assert (call["port"], call["app"].threads, call["log_level"]) == (9100, 3, "warning")


def test_loaded_objects_are_frozen_for_the_garbage_collector(started: list[dict[str, Any]]) -> None:
    CliRunner().invoke(app, ["serve"])
    assert started[0]["set_aside"] > 10_000


def test_path_prefix_is_a_setting(started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in ("/identity", "/a/b.c"):
        monkeypatch.setenv("IMG_SUPER_ROOT_PATH", prefix)
        assert CliRunner().invoke(app, ["serve"]).exit_code == 0
    assert [call["root_path"] for call in started] == ["/identity", "/a/b.c"]
    for wrong in ("identity", "/identity/", "/a b", "/a?b"):
        monkeypatch.setenv("IMG_SUPER_ROOT_PATH", wrong)
        assert CliRunner().invoke(app, ["serve"]).exit_code == 1


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "http://127.0.0.1:8080"), ("::1", "http://[::1]:8080"), ("10.1.2.3", "http://10.1.2.3:8080")],
)
def test_prints_the_address_and_a_curl_command(started: list[dict[str, Any]], host: str, shown: str) -> None:
    output = CliRunner().invoke(app, ["serve", "--host", host]).output
    assert f"img_super on {shown} " in output
    assert "curl -F image=@" in output
    assert f"{shown}/super" in output


def test_wrong_setting_is_one_sentence() -> None:
    result = CliRunner().invoke(app, ["serve", "--port", "99999"])
    assert result.exit_code == 1
    assert result.output.startswith("img_super cannot start. IMG_SUPER_PORT cannot be 99999: ")


def test_sigterm_is_not_a_failure() -> None:
    """In a separate process, because other tests may have changed the signal handlers."""
    stopped = "from img_super.cli import serve; serve._exit_cleanly_on_sigterm(); signal.raise_signal(signal.SIGTERM)"
    ended = subprocess.run([sys.executable, "-c", f"import signal; {stopped}"], check=False)
    assert ended.returncode == 0
