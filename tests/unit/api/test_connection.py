"""Limits of connections, over a real socket; attacks are in `tests/hostile/test_wire.py`."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from img_super.api.connection import BoundedConnection, ConnectionLimits
from tests.waiting import until_then
from tests.wire import LIMITS, Served, connection, on_the_service_s_loop, served, until_closed

PLAIN_BODY = "Content-Length: 4\r\n\r\nbody"
CHUNKED_BODY = "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Echoes the body; /refused answers without reading it."""
    body, more = b"", scope["path"] != "/refused"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    answer = b"got " + body + b"."
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def test_silent_client_is_disconnected() -> None:
    async def say_nothing() -> None:
        async with served(app) as server:
            reader, _ = await server.connect()
            await server.waits_for(LIMITS.head_s)
            server.clock.let_pass(LIMITS.head_s)
            assert await until_closed(reader) == b""

    on_the_service_s_loop(say_nothing())


def test_slow_header_is_disconnected() -> None:
    async def drip() -> None:
        async with served(app) as server:
            reader, writer = await server.connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await server.some_connection()
            await server.drip(writer, b"X-More: 1\r\n", LIMITS.head_s)
            assert await until_closed(reader) == b""

    on_the_service_s_loop(drip())


def test_header_timeout_does_not_apply_to_bodies() -> None:
    async def ask_twice() -> None:
        async with served(app, timeout_keep_alive=75) as server:
            reader, writer = await server.connect()
            for _ in range(2):
                writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
                await server.waits_for()
                server.clock.let_pass(1000)
                writer.write(b"dy")
                assert b"200" in await reader.readuntil(b"got body.")
                await server.waits_for(75)

    on_the_service_s_loop(ask_twice())


def test_connection_is_kept_after_a_refused_body_was_drained() -> None:
    async def ask_again() -> None:
        async with served(app, timeout_keep_alive=75) as server:
            reader, writer = await refused(server)
            writer.write(b"body")
            await server.waits_for(75)
            server.clock.let_pass(74)
            writer.write(ASK)
            assert b"200" in await reader.readuntil(b"got .")

    on_the_service_s_loop(ask_again())


def test_idle_connection_is_closed_also_after_a_refused_body() -> None:
    async def lie_idle() -> None:
        async with served(app, timeout_keep_alive=75) as server:
            reader, writer = await refused(server)
            writer.write(b"body")
            await server.waits_for(75)
            server.clock.let_pass(75)
            assert await until_closed(reader) == b""

    on_the_service_s_loop(lie_idle())


async def refused(server: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose request was answered before its four body bytes."""
    reader, writer = await server.connect()
    writer.write(b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
    await reader.readuntil(b"got .")
    await server.waits_for(LIMITS.head_s, 75)
    return reader, writer


def test_request_in_flight_at_shutdown_is_answered_last() -> None:
    async def ask_late() -> None:
        async with served(app) as server:
            reader, writer = await server.connect()
            await stop_serving(server)
            writer.write(ASK)
            assert b"connection: close" in await until_closed(reader)

    on_the_service_s_loop(ask_late())


def test_idle_connections_do_not_delay_shutdown() -> None:
    async def say_nothing() -> None:
        async with served(app) as server:
            reader, _ = await server.connect()
            await stop_serving(server)
            server.clock.let_pass(LIMITS.first_head_s)
            assert await until_closed(reader) == b""

    on_the_service_s_loop(say_nothing())


def test_upgrade_with_connection_close_is_ignored() -> None:
    async def offer() -> None:
        async with connection(app) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n")
            writer.write(PLAIN_BODY.encode())
            assert (await until_closed(reader)).endswith(b"got body.")

    on_the_service_s_loop(offer())


@pytest.mark.parametrize("protocol", ["h2c", "TLS/1.2", "websocket"])
@pytest.mark.parametrize("body", [PLAIN_BODY, CHUNKED_BODY], ids=["plain", "chunked"])
def test_upgrade_is_ignored_and_the_body_read(protocol: str, body: str) -> None:
    """Sent by Java's HttpClient, `curl --http2` and Apache's HttpClient 5.4."""
    request = f"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"

    async def offer() -> None:
        async with connection(app) as (reader, writer):
            for _ in range(2):
                writer.write((request + "HTTP2-Settings: AAMA\r\n" + body).encode())
                assert b"HTTP/1.1 200" in await reader.readuntil(b"got body.")

    on_the_service_s_loop(offer())


def test_upgrade_and_body_may_arrive_byte_by_byte() -> None:
    async def offer() -> None:
        async with connection(app) as (reader, writer):
            for byte in b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody":
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            assert b"HTTP/1.1 200" in await reader.readuntil(b"got body.")

    on_the_service_s_loop(offer())


def test_full_server_closes_the_longest_idle_connection() -> None:
    async def come_one_by_one() -> None:
        async with served(app, ConnectionLimits(connections=2)) as server:
            first, _ = await server.connect()
            second, ask = await server.connect()
            ask.write(ASK)
            await second.readuntil(b"got .")
            third, ask_too = await server.connect()
            assert await until_closed(first) == b""
            ask.write(ASK)
            ask_too.write(ASK)
            await second.readuntil(b"got .")
            await third.readuntil(b"got .")

    on_the_service_s_loop(come_one_by_one())


def test_full_server_refuses_when_all_connections_are_busy() -> None:
    async def one_too_many() -> None:
        async with served(app, ConnectionLimits(connections=1)) as server:
            busy, writer = await server.connect()
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo")
            await until_then(lambda: server.state.tasks)
            refused, too_many = await server.connect()
            too_many.write(ASK)
            told = await until_closed(refused)
            assert told.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 1" in told
            assert b'"code":"overloaded"' in told
            writer.write(b"dy")
            await busy.readuntil(b"got body.")

    on_the_service_s_loop(one_too_many())


def test_limits_match_the_documentation() -> None:
    limits = ConnectionLimits()
    assert (limits.head_s, limits.framing_bytes, limits.answer_s, limits.rest.seconds) == (10, 65_536, 30, 10)
    assert BoundedConnection.__init__.__defaults__ == (None, limits)


async def stop_serving(server: Served) -> None:
    """Stop like Uvicorn, once there is a connection."""
    await server.some_connection()
    for one in list(server.state.connections):
        one.shutdown()
