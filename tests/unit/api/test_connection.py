"""The connection's own limits, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from img_super.api.connection import TimedConnection

TIMEOUT_S = 0.3
PATIENCE_S = 10


class Impatient(TimedConnection):
    head_timeout_s = TIMEOUT_S


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuses /refused without reading the body; takes its time for everything else."""
    if scope["path"] != "/refused":
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(3 * TIMEOUT_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connection(
    state: ServerState | None = None,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(app, http=Impatient, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    state = state or ServerState()
    server = await loop.create_server(lambda: Impatient(config, state, {}), "127.0.0.1", 0)
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            server.close()


async def stop_serving(connections: set[Any]) -> None:
    """As Uvicorn does, as soon as there is a connection."""
    while not connections:
        await asyncio.sleep(0)
    for one in list(connections):
        one.shutdown()


async def seconds_until_closed(reader: asyncio.StreamReader) -> float:
    start = asyncio.get_running_loop().time()
    with suppress(ConnectionError):
        await reader.read()
    return asyncio.get_running_loop().time() - start


def test_a_client_that_says_nothing_is_sent_away() -> None:
    async def say_nothing() -> None:
        async with connection() as (reader, _):
            assert await seconds_until_closed(reader) < PATIENCE_S / 2

    asyncio.run(say_nothing())


def test_a_head_that_drips_is_sent_away() -> None:
    async def drip() -> None:
        async with connection() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            closed = asyncio.create_task(seconds_until_closed(reader))
            while not closed.done():
                writer.write(b"X-More: 1\r\n")
                await asyncio.sleep(TIMEOUT_S / 10)

    asyncio.run(drip())


def test_a_head_without_end_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def shout() -> None:
        async with connection() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\n")
            with suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"X-More: " + b"1" * 10_000 + b"\r\n")
                    await writer.drain()
                    await asyncio.sleep(0)

    monkeypatch.setattr(Impatient, "head_timeout_s", 1000)
    asyncio.run(shout())


def test_a_request_and_the_next_one_have_all_the_time_they_need() -> None:
    async def ask_twice() -> None:
        async with connection() as (reader, writer):
            for _ in range(2):
                writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
                await asyncio.sleep(2 * TIMEOUT_S)
                writer.write(b"dy")
                assert b"200" in await reader.readuntil(b"ok")

    asyncio.run(ask_twice())


def test_the_rest_of_a_refused_body_may_come_but_not_for_ever() -> None:
    async def go_on_sending() -> None:
        async with connection() as (reader, writer):
            writer.write(b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
            assert b"200" in await reader.readuntil(b"ok")
            with suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"x" * 100)
                    await writer.drain()
                    await asyncio.sleep(TIMEOUT_S / 20)

    asyncio.run(go_on_sending())


def test_a_request_under_way_when_the_service_stops_is_answered_as_the_last_one() -> None:
    async def ask_late() -> None:
        async with connection(state := ServerState()) as (reader, writer):
            await stop_serving(state.connections)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" in await reader.readuntil(b"ok")
            assert await seconds_until_closed(reader) < PATIENCE_S / 2

    asyncio.run(ask_late())


def test_a_connection_without_a_request_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def say_nothing() -> None:
        async with connection(state := ServerState()) as (reader, _):
            await stop_serving(state.connections)
            assert await seconds_until_closed(reader) < PATIENCE_S / 2

    monkeypatch.setattr(Impatient, "head_timeout_s", 1000)
    asyncio.run(say_nothing())
