from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from img_super.api.pool import WorkPool


def test_when_every_thread_is_held_up_the_service_is_not_ready_and_in_the_end_not_alive(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.app.state.services.warm = True  # type: ignore[attr-defined]
    monkeypatch.setattr(WorkPool, "is_held_up", lambda _: True)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "stuck"})
    assert client.get("/health/live").status_code == 200
    monkeypatch.setattr(WorkPool, "is_lost", lambda _: True)
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (503, {"status": "stuck"})
