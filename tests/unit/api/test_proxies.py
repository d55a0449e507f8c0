"""Which proxies are trusted about the client."""

from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from img_super.addresses import read_networks
from img_super.api.app import create_app
from img_super.api.proxies import TrustedProxies
from img_super.errors import BadSettings
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings, load_settings


def seen(client: str, *forwarded: str, proto: str = "") -> tuple[str, str]:
    """The client address and scheme that the service sees."""
    told: dict[str, str] = {}

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        told["client"], told["scheme"] = scope["client"][0], scope["scheme"]

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def nowhere(_: Message) -> None:
        return

    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope = {"type": "http", "client": (client, 1234), "scheme": "http", "headers": headers}
    asyncio.run(TrustedProxies(app, read_networks("10.0.0.0/8,::1"))(scope, nothing, nowhere))
    return told["client"], told["scheme"]


@pytest.mark.parametrize(
    ("client", "forwarded", "expected"),
    [
        ("192.0.2.9", ["198.51.100.1"], "192.0.2.9"),
        ("127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1" + ", 10.0.0.2" * 31], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1" + ", 10.0.0.2" * 32], "10.0.0.2"),
        ("::1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["\x1b[31mgotcha"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    ],
)
def test_last_untrusted_address_is_the_client(client: str, forwarded: list[str], expected: str) -> None:
    assert seen(client, *forwarded)[0] == expected


@pytest.mark.parametrize(("client", "proto", "scheme"), [
    ("10.0.0.1", "https", "https"), ("192.0.2.9", "https", "http"), ("10.0.0.1", "gopher", "http"),
])  # fmt: skip
def test_trusted_proxy_sets_the_scheme(client: str, proto: str, scheme: str) -> None:
    assert seen(client, proto=proto)[1] == scheme


def test_forged_addresses_do_not_bypass_the_rate_limit(pipeline: Pipeline) -> None:
    app = create_app(Settings(threads=1, rate_per_minute=5), pipeline)
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        statuses = [client.get("/model", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(8)]
    assert statuses == [200] * 5 + [429] * 3


def test_addresses_of_one_ipv6_network_share_the_rate_limit(pipeline: Pipeline) -> None:
    app = create_app(Settings(threads=1, rate_per_minute=2), pipeline)
    statuses = [TestClient(app, client=(f"2001:db8::{n}", 1)).get("/model").status_code for n in range(4)]
    assert statuses == [200, 200, 429, 429]


def test_invalid_network_prevents_the_start() -> None:
    with pytest.raises(BadSettings, match="IMG_SUPER_TRUSTED_PROXIES"):
        load_settings(trusted_proxies="everybody")
