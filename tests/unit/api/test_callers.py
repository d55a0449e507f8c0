"""Keys, rate limits, CORS and security headers, through the application with fakes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from img_super.api.app import create_app
from img_super.api.keys import KnownKeys, hash_of, new_key
from img_super.errors import BadKeys
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings

PNG = {"content-type": "image/png"}
OLD, NEW, STRANGE = new_key(), new_key(), new_key()
GUARDED = [("POST", "/face"), ("POST", "/super"), ("GET", "/model"), ("GET", "/metrics"), ("GET", "/nowhere")]
OPEN = ["/", "/health/live", "/docs", "/openapi.json", "/web/page.js", "/samples/attack.jpg"]


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text(f"# who may call\n\nbank {hash_of(OLD)}\nbank {hash_of(NEW)}\n")
    return file


def service(pipeline: Pipeline, **options: Any) -> TestClient:
    return TestClient(create_app(Settings(threads=1, **options), pipeline), raise_server_exceptions=False)


@pytest.fixture
def locked(pipeline: Pipeline, keys_file: Path) -> TestClient:
    return service(pipeline, keys_file=keys_file)


@pytest.mark.parametrize(("method", "address"), GUARDED)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": STRANGE},
        {"x-api-key": OLD[:-1]},
        {"x-api-key": hash_of(OLD)},
        {"authorization": f"Basic {OLD}"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer é"},
    ],
)
def test_guarded_routes_need_a_known_key(
    locked: TestClient, method: str, address: str, headers: dict[str, str]
) -> None:
    encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    answer = locked.request(method, address, headers=encoded)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("form", ["x-api-key", "authorization"])
def test_known_keys_work_in_both_headers(locked: TestClient, photo_bytes: bytes, key: str, form: str) -> None:
    headers = {**PNG, form: f"Bearer {key}" if form == "authorization" else key}
    assert locked.post("/super", content=photo_bytes, headers=headers).status_code == 200


@pytest.mark.parametrize("address", OPEN)
def test_health_documentation_and_page_need_no_key(locked: TestClient, address: str) -> None:
    assert locked.get(address).status_code == 200


def test_paths_resembling_public_ones_need_a_key(locked: TestClient) -> None:
    for address in ("/web/../face", "/health/../super", "//face", "/healthz", "/docs/../metrics"):
        assert locked.post(address).status_code in (401, 404, 405)


def test_keys_can_be_added_and_revoked_at_run_time(locked: TestClient, keys_file: Path) -> None:
    def status(key: str) -> int:
        return locked.get("/model", headers={"x-api-key": key}).status_code

    assert [status(OLD), status(STRANGE)] == [200, 401]
    keys_file.write_text(f"bank {hash_of(STRANGE)}\n")
    os.utime(keys_file, ns=(1, 1))  # any change of the time counts
    assert [status(OLD), status(STRANGE)] == [401, 200]


@pytest.mark.parametrize("damage", ["nonsense\n", None])
def test_damaged_or_missing_key_file_denies_all_and_is_not_ready(
    locked: TestClient, keys_file: Path, damage: str | None
) -> None:
    before = keys_file.read_text()
    locked.app.state.services.warm = True  # type: ignore[attr-defined]
    if damage is None:
        keys_file.unlink()
    else:
        keys_file.write_text(damage)
    answer = locked.get("/model", headers={"x-api-key": OLD})
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert locked.get("/health/ready").status_code == 503
    keys_file.write_text(before)
    assert locked.get("/health/ready").status_code == 200
    assert locked.get("/model", headers={"x-api-key": OLD}).status_code == 200


def test_invalid_line_is_reported_and_other_keys_work(
    locked: TestClient, keys_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys_file.write_text(f"bank {hash_of(OLD)}\nbank {hash_of(NEW)[:-1]}\n")
    statuses = [locked.get("/model", headers={"x-api-key": key}).status_code for key in (OLD, NEW, OLD)]
    assert statuses == [200, 401, 200]
    assert sum("Line 2 of" in record.getMessage() for record in caplog.records) == 1


def test_revoking_the_last_key_denies_all(locked: TestClient, keys_file: Path) -> None:
    keys_file.write_text("")
    assert locked.get("/model", headers={"x-api-key": OLD}).status_code == 401


@pytest.mark.parametrize("text", ["", "# nobody\n", "bank\n", f"bank {'g' * 64}\n", f"a b {'0' * 64}\n", None])
def test_unusable_keys_prevent_the_start(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "keys"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadKeys):
        KnownKeys(file)


def test_all_hashes_are_compared_in_constant_time(keys_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(kept: str, given: str) -> bool:
        compared.append(kept)
        return kept == given

    monkeypatch.setattr("img_super.api.keys.compare_digest", compare)
    assert KnownKeys(keys_file).owner(OLD) == "bank"
    assert compared == [hash_of(OLD), hash_of(NEW)]


def test_rate_limit_applies_per_caller_and_is_reported(pipeline: Pipeline, keys_file: Path) -> None:
    limited = service(pipeline, keys_file=keys_file, rate_per_minute=2)
    answers = [limited.get("/model", headers={"x-api-key": OLD}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0", "0"]
    refused = answers[2]
    assert refused.json()["code"] == "rate_exceeded"
    assert refused.headers["ratelimit-limit"] == "2"
    assert 1 <= int(refused.headers["ratelimit-reset"]) <= 60
    assert int(refused.headers["ratelimit-reset"]) < int(refused.headers["retry-after"]) <= 120
    assert limited.get("/health/live").status_code == 200


def test_rate_limit_is_per_owner_of_keys(pipeline: Pipeline, keys_file: Path) -> None:
    keys_file.write_text(f"bank {hash_of(OLD)}\nbank {hash_of(NEW)}\nshop {hash_of(STRANGE)}\n")
    limited = service(pipeline, keys_file=keys_file, rate_per_minute=1)
    statuses = [limited.get("/model", headers={"x-api-key": key}).status_code for key in (OLD, NEW, STRANGE)]
    assert statuses == [200, 429, 200]


def test_without_keys_the_address_is_the_caller(pipeline: Pipeline) -> None:
    limited = service(pipeline, rate_per_minute=1)
    assert [limited.get("/model").status_code for _ in range(2)] == [200, 429]


def test_only_listed_origins_may_read(pipeline: Pipeline) -> None:
    asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    closed = service(pipeline)
    assert "access-control-allow-origin" not in closed.options("/super", headers=asks).headers
    assert "access-control-allow-origin" not in closed.get("/model", headers=asks).headers
    opened = service(pipeline, cors_origins="https://shop.example, https://bank.example")
    assert opened.options("/super", headers=asks).headers["access-control-allow-origin"] == "https://shop.example"
    other = {**asks, "origin": "https://evil.example"}
    assert "access-control-allow-origin" not in opened.options("/super", headers=other).headers


def test_preflight_of_a_listed_origin_needs_no_key(pipeline: Pipeline, keys_file: Path) -> None:
    asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    opened = service(pipeline, keys_file=keys_file, cors_origins="https://shop.example")
    assert opened.options("/super", headers=asks).status_code == 200
    refused = opened.post("/super", headers=asks)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://shop.example")


SHOP = "https://shop.example"


def refused_origins(service: TestClient, log: pytest.LogCaptureFixture, *asked: dict[str, str]) -> list[str]:
    log.clear()
    for headers in asked:
        service.options("/super", headers={"access-control-request-method": "POST", **headers})
    return [message for message in log.messages if "Browsers" in message]


def test_log_names_the_setting_for_a_refused_origin(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    closed, opened = service(pipeline), service(pipeline, cors_origins=f"{SHOP}/ , https://bank.example")
    assert refused_origins(opened, caplog, {"origin": SHOP}, {"origin": "https://bank.example"}) == []
    (told,) = refused_origins(closed, caplog, {"origin": SHOP}, {"origin": SHOP})
    assert told.endswith(f"from pages of {SHOP}; to let them read, set IMG_SUPER_CORS_ORIGINS={SHOP}")
    (more,) = refused_origins(opened, caplog, {"origin": "http://[::1]:3000"})
    assert more.endswith("IMG_SUPER_CORS_ORIGINS=http://[::1]:3000,https://bank.example,https://shop.example")
    assert refused_origins(service(pipeline, cors_origins="*"), caplog, {"origin": SHOP}) == []


def test_same_origin_and_invalid_origins_are_not_logged(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    closed = service(pipeline)
    ours = ({"origin": "http://testserver"}, {"origin": SHOP, "sec-fetch-site": "same-origin"})
    strange = ({"origin": origin} for origin in ("null", "https://a b", "https://" + "a" * 300, "file://x", ""))
    assert refused_origins(closed, caplog, *ours, *strange) == []
    invented = [{"origin": f"https://{number}.example"} for number in range(99)]
    assert len(refused_origins(closed, caplog, *invented)) == 20


@pytest.mark.parametrize("address", ["/model", "/nowhere", "/health/live", "/docs", "/", "/metrics"])
def test_every_answer_has_the_security_headers(pipeline: Pipeline, address: str) -> None:
    headers = service(pipeline).get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "strict-transport-security" not in headers
    if "json" in headers["content-type"]:
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_hsts_is_sent_over_tls(pipeline: Pipeline) -> None:
    client = TestClient(create_app(Settings(threads=1), pipeline), base_url="https://service")
    assert client.get("/model").headers["strict-transport-security"] == "max-age=31536000"


def test_page_keeps_its_own_policy(pipeline: Pipeline) -> None:
    page = service(pipeline).get("/", headers={"accept": "text/html"})
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("address", ["/docs", "/docs/oauth2-redirect"])
def test_documentation_loads_nothing_external(pipeline: Pipeline, address: str) -> None:
    policy = service(pipeline).get(address).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src 'self';" in policy
    assert "http" not in policy
