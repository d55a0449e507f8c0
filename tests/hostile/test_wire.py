"""Bytes outside bodies, unwanted bodies, unread answers."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import termios
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from img_super.api.connection import ConnectionLimits
from img_super.api.lingering import Rest
from tests.waiting import PATIENCE_S, until_then
from tests.wire import LIMITS, Served, connection, on_the_service_s_loop, send_until_closed, served, until_closed

MIB = 1 << 20
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole body, except at /refused; gives a large answer at /large."""
    more = scope["path"] != "/refused"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message["more_body"]
    body = b"x" * (64 * MIB if scope["path"] == "/large" else 2)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"GET / HTTP/1.1\r\n", b"X-More: " + b"1" * 10_000 + b"\r\n"),
        (b"GET / HTTP/1.1\r\nX-More: ", b"1" * 10_000),
        (b"GET /", b"1" * 10_000),
        (CHUNKED + b"0\r\n", b"X-More: " + b"1" * 1000 + b"\r\n"),
        (CHUNKED + b"0\r\nX-More: ", b"1" * 10_000),
        (CHUNKED, b"1\r\nx\r\n" * 2000),
        (CHUNKED + b"5;x=", b"1" * 10_000),
    ],
    ids=["headers", "a header", "an address", "trailers", "a trailer", "chunks of a byte", "a chunk's extension"],
)
def test_bytes_outside_bodies_are_limited(begins: bytes, goes_on: bytes) -> None:
    async def shout() -> None:
        async with connection(app) as (_, writer):
            writer.write(begins)
            assert await send_until_closed(writer, goes_on) < 16 * MIB  # the rest was in between

    on_the_service_s_loop(shout())


def test_ordinary_chunk_sizes_pass() -> None:
    async def send_lines() -> None:
        async with connection(app) as (reader, writer):
            writer.write(CHUNKED)
            for _ in range(2000):
                writer.write((b"4d\r\n" + b"x" * 0x4D + b"\r\n") * 50)
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await reader.readuntil(b"xx")

    on_the_service_s_loop(send_lines())


def test_pipelined_requests_are_limited() -> None:
    async def pile_up() -> None:
        async with connection(app) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n")
            writer.write(b"x" + b"GET / HTTP/1.1\r\n\r\n" * 500)
            assert (await until_closed(reader)).count(b"HTTP/1.1 200") < 20

    on_the_service_s_loop(pile_up())


@pytest.mark.parametrize("connection_header", ["close", "keep-alive"])
def test_refusal_reaches_a_client_that_is_still_sending(connection_header: str) -> None:
    """nginx uses `close` with its upstreams; a reset would discard the answer before it is read."""
    head = f"POST /refused HTTP/1.1\r\nHost: x\r\nConnection: {connection_header}\r\nContent-Length: {25 * MIB}\r\n\r\n"

    def post(address: tuple[str, int]) -> bytes:
        with socket.create_connection(address, timeout=PATIENCE_S) as line:
            line.sendall(head.encode() + b"x" * 25 * MIB)
            return line.recv(4096)

    async def refuse() -> None:
        async with served(app) as server:
            for _ in range(5):
                answer = await asyncio.to_thread(post, server.address)
                assert answer.startswith(b"HTTP/1.1 200")

    on_the_service_s_loop(refuse())


@pytest.mark.parametrize("connection_header", ["close", "keep-alive"])
def test_draining_a_refused_body_is_bounded_in_bytes(connection_header: str) -> None:
    head = f"POST /refused HTTP/1.1\r\nConnection: {connection_header}\r\nContent-Length: 99999999999\r\n\r\n"

    async def go_on_sending() -> None:
        limits = ConnectionLimits(rest=Rest(max_bytes=MIB))
        async with connection(app, limits) as (reader, writer):
            writer.write(head.encode())
            await reader.readuntil(b"xx")
            assert await send_until_closed(writer, b"x" * 65_536) < 32 * MIB

    on_the_service_s_loop(go_on_sending())


@pytest.mark.parametrize("connection_header", ["close", "keep-alive"])
def test_draining_a_refused_body_is_bounded_in_time(connection_header: str) -> None:
    head = f"POST /refused HTTP/1.1\r\nConnection: {connection_header}\r\nContent-Length: 99999999999\r\n\r\n"

    async def drip() -> None:
        async with served(app) as server:
            reader, writer = await server.connect()
            writer.write(head.encode())
            await reader.readuntil(b"xx")
            await until_then(lambda: LIMITS.rest.seconds in server.clock.pending_s)
            await server.drip(writer, b"x", LIMITS.rest.seconds)
            await server.end_of_connections()

    on_the_service_s_loop(drip())


@pytest.mark.parametrize("connection_header", ["close", "keep-alive"])
@pytest.mark.parametrize("drips", [False, True])
def test_slow_readers_are_disconnected(connection_header: str, drips: bool) -> None:
    async def do_not_read() -> None:
        request = f"GET /large HTTP/1.1\r\nConnection: {connection_header}\r\n\r\n"
        async with served(app, timeout_keep_alive=75) as server, unread(server, request) as line:
            for _ in range(10):
                if drips:
                    await asyncio.get_running_loop().sock_recv(line, 1)
                server.clock.let_pass(LIMITS.answer_s / 10)
            await server.end_of_connections()

    on_the_service_s_loop(do_not_read())


def test_send_buffer_of_an_unread_answer_is_small() -> None:
    """By default it is 3 MB, at 1,000 connections all of a container's memory."""

    async def do_not_read() -> None:
        async with served(app) as server, unread(server, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"):
            assert sum(held_unsent_bytes(connection) for connection in server.state.connections) < MIB // 2

    on_the_service_s_loop(do_not_read())


def test_answer_ends_when_a_pipelining_client_leaves() -> None:
    """A disconnected reader of a large file would cost as much processor time as a complete one."""
    pieces, ended = list[int](), asyncio.Event()

    async def answer_at_length(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for number in range(1000):
                pieces.append(number)
                await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.set()

    async def leave() -> None:
        async with served(answer_at_length) as server:
            async with unread(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3):
                pass
            await ended.wait()
            assert len(pieces) < 1000

    on_the_service_s_loop(leave())


def test_disconnect_is_seen_despite_pipelined_requests() -> None:
    begun, told = asyncio.Event(), asyncio.Event()

    async def wait_for_its_end(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()

    async def leave() -> None:
        async with served(wait_for_its_end) as server:
            _, writer = await server.connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
            await begun.wait()
            writer.close()
            await told.wait()

    on_the_service_s_loop(leave())


@asynccontextmanager
async def unread(server: Served, request: str) -> AsyncIterator[socket.socket]:
    """The client's end of a connection with an unread answer."""
    loop = asyncio.get_running_loop()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setblocking(False)
        await loop.sock_connect(line, server.address)
        await loop.sock_sendall(line, request.encode())
        await until_then(lambda: LIMITS.answer_s in server.clock.pending_s)
        yield line


def held_unsent_bytes(connection: Any) -> int:
    """The unsent bytes of an answer in the kernel."""
    held = array("i", [0])
    fcntl.ioctl(connection.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, held)
    return held[0]


def test_trailers_are_not_headers() -> None:
    """A proxy that forwards them has only checked the headers, so keys, addresses and types could be smuggled."""
    named = list[bytes]()

    async def note_names(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        named.extend(name for name, _ in scope["headers"])

    async def hand_in_later() -> None:
        async with connection(note_names) as (reader, writer):
            writer.write(CHUNKED + b"0\r\nX-API-Key: k\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
            await reader.readuntil(b"xx")
        assert named == [b"host", b"transfer-encoding"]

    on_the_service_s_loop(hand_in_later())


@pytest.mark.parametrize("folded", [b"X-More: 1\r\n 2", b"Transfer-Encoding:\r\n chunked", b"Content-Length: 1\r\n\t0"])
def test_folded_header_is_refused(folded: bytes) -> None:
    async def fold() -> None:
        async with connection(app) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + folded + b"\r\n\r\n0\r\n\r\n")
            assert (await until_closed(reader)).startswith(b"HTTP/1.1 400")

    on_the_service_s_loop(fold())
