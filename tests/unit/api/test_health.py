from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from img_super.api.pool import WorkPool


def test_stuck_threads_end_readiness_and_then_liveness(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.app.state.services.warm = True  # type: ignore[attr-defined]
    monkeypatch.setattr(WorkPool, "is_held_up", lambda _: True)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "stuck"})
    assert client.get("/health/live").status_code == 200
    monkeypatch.setattr(WorkPool, "is_lost", lambda _: True)
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (503, {"status": "stuck"})
