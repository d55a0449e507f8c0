from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from img_super.api.app import create_app
from img_super.api.keys import hash_of, new_key
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@pytest.mark.parametrize("address", ["/super/", "/face/", "/super//"])
def test_photo_is_answered_without_a_redirect(client: TestClient, photo_bytes: bytes, address: str) -> None:
    headers = {"content-type": "image/png"}
    assert client.post(address, content=photo_bytes, headers=headers, follow_redirects=False).status_code == 200


def test_no_route_redirects(client: TestClient) -> None:
    for address in ("/docs/", "/model/", "/nowhere/", "/web/", "/feedback/"):
        assert client.get(address, follow_redirects=False).status_code in (200, 404, 405)


def test_trailing_slash_does_not_bypass_keys(pipeline: Pipeline, tmp_path: Path) -> None:
    """Neither without a key, nor with a non-admin key."""
    user, admin = new_key(), new_key()
    for name, key in (("users", user), ("admins", admin)):
        (tmp_path / name).write_text(f"someone {hash_of(key)}\n")
    settings = Settings(threads=1, keys_file=tmp_path / "users", admin_keys_file=tmp_path / "admins")
    client = TestClient(create_app(settings, pipeline))
    assert client.post("/super/").status_code == 401
    assert client.post("/model/reload/", headers={"X-API-Key": user}).status_code == 401
