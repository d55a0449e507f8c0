"""HTTPS clients that stall in the handshake, or send tiny records."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from img_super.api.connection import ConnectionLimits
from img_super.api.tls import Certificate, secure_connection
from tests.certificates import write_certificate
from tests.wire import Served, on_the_service_s_loop, send_until_closed, served, until_closed

LIMITS = ConnectionLimits(connections=3)
ASK = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def head_of(size_bytes: int) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size_bytes}\r\n\r\n".encode()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers with the request's scheme."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(*write_certificate(tmp_path_factory.mktemp("tls")))


@asynccontextmanager
async def secure(certificate: Certificate) -> AsyncIterator[Served]:
    connection = partial(secure_connection, limits=LIMITS, certificate=certificate)
    async with served(app, http=connection) as server:
        yield server


async def say(server: Served, chain: Path, said: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await server.connect(ssl.create_default_context(cafile=chain))
    writer.write(said)
    return reader, writer


async def ask(server: Served, chain: Path) -> bytes:
    reader, _ = await say(server, chain, ASK)
    return await until_closed(reader)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "half a hello"])
def test_handshake_shares_the_header_timeout(certificate: Certificate, said: bytes) -> None:
    async def stop_in_the_middle() -> None:
        async with secure(certificate) as server:
            reader, writer = await server.connect()
            writer.write(said)
            await server.some_connection()
            server.clock.let_pass(LIMITS.head_s)
            assert await until_closed(reader) == b""
            await server.end_of_connections()

    on_the_service_s_loop(stop_in_the_middle())


def test_pending_handshakes_do_not_block_requests(certificate: Certificate) -> None:
    async def crowd() -> None:
        async with secure(certificate) as server:
            for _ in range(3 * LIMITS.connections):
                await server.connect()
            assert (await ask(server, certificate.chain)).count(b"https")
            assert len(server.state.connections) <= LIMITS.connections

    on_the_service_s_loop(crowd())


def test_non_tls_clients_are_closed_and_released(certificate: Certificate) -> None:
    async def speak_plainly() -> None:
        async with secure(certificate) as server:
            reader, writer = await server.connect()
            writer.write(ASK)
            assert b"HTTP" not in await until_closed(reader)
            await server.end_of_connections()
            assert (await ask(server, certificate.chain)).count(b"https")

    on_the_service_s_loop(speak_plainly())


def test_one_byte_records_are_limited(certificate: Certificate) -> None:
    """Each costs as much time as a record of hundreds of bytes."""

    async def spell() -> None:
        async with secure(certificate) as server:
            _, writer = await say(server, certificate.chain, head_of(20000))
            assert await send_until_closed(writer, b"x") < 20_000

    on_the_service_s_loop(spell())


def test_small_records_pass(certificate: Certificate) -> None:
    async def send_lines() -> None:
        async with secure(certificate) as server:
            reader, writer = await say(server, certificate.chain, head_of(400000))
            for _ in range(10_000):
                writer.write(b"x" * 40)
                await writer.drain()
            await reader.readuntil(b"https")

    on_the_service_s_loop(send_lines())
