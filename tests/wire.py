"""A server and its clients over real sockets, on the service's event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from img_super.api.connection import BoundedConnection, ConnectionLimits
from tests.waiting import PATIENCE_S, until_then

LIMITS = ConnectionLimits()


class Clock:
    """The server's clock: time passes only when a test says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: list[_Timer] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_later(self, delay_s: float, call: Callable[..., object], *args: Any) -> _Timer:
        self._timers.append(_Timer(delay_s, partial(call, *args)))
        return self._timers[-1]

    @property
    def pending_s(self) -> list[float]:
        """The pending timers, in seconds."""
        return sorted(timer.left_s for timer in self._timers if not timer.over)

    def let_pass(self, seconds: float) -> None:
        for timer in list(self._timers):
            timer.let_pass(seconds)


@dataclass
class _Timer:
    left_s: float
    call: Callable[[], object]
    over: bool = False

    def cancel(self) -> None:
        self.over = True

    def let_pass(self, seconds: float) -> None:
        self.left_s -= seconds
        if self.left_s <= 0 and not self.over:
            self.over = True
            self.call()


class _Counted(BoundedConnection):
    received_bytes = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.received_bytes += len(data)


class Served:
    """A server of one application, and connections to it; only `clock` advances its time."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits, state: ServerState, **options: Any) -> None:
        options = {"http": _class(limits), **options}
        self._config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none", **options)
        self._config.load()
        self.state = state
        self.clock = Clock(asyncio.get_running_loop())
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def begin(self) -> None:
        make = partial(self._config.http_protocol_class, self._config, self.state, {}, self.clock)  # type: ignore[call-arg]
        self._server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.sockets[0].getsockname()
        return host, port

    async def some_connection(self) -> None:
        """Wait until the server has a connection."""
        await until_then(lambda: self.state.connections)

    async def end_of_connections(self) -> None:
        """Wait until the server has no connection."""
        await until_then(lambda: not self.state.connections)

    async def waits_for(self, *seconds: float) -> None:
        """Wait until the server has exactly these timers."""
        await until_then(lambda: self.clock.pending_s == list(seconds))

    async def drip(self, writer: asyncio.StreamWriter, piece: bytes, seconds: float) -> None:
        """Send a piece ten times, each after the previous one has arrived, while this much time passes."""
        for _ in range(10):
            before = self._received_bytes
            writer.write(piece)
            await until_then(lambda: self._received_bytes > before or not self.state.connections)  # noqa: B023
            self.clock.let_pass(seconds / 10)

    @property
    def _received_bytes(self) -> int:
        return sum(one.received_bytes for one in self.state.connections if isinstance(one, _Counted))

    async def connect(self, tls: ssl.SSLContext | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.address, ssl=tls)
        self._writers.append(writer)
        return reader, writer

    async def end(self) -> None:
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
        self._server.close()


@asynccontextmanager
async def served(app: ASGIApp, limits: ConnectionLimits = LIMITS, **options: Any) -> AsyncIterator[Served]:
    server = Served(app, limits, ServerState(), **options)
    await server.begin()
    async with asyncio.timeout(PATIENCE_S):
        try:
            yield server
        finally:
            await server.end()


@asynccontextmanager
async def connection(
    app: ASGIApp, limits: ConnectionLimits = LIMITS, **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with served(app, limits, **options) as server:
        yield await server.connect()


def on_the_service_s_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine like Uvicorn does: on uvloop if installed."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(work)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Everything received until the connection ends in any way."""
    read = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            read += piece
    return bytes(read)


async def send_until_closed(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """Send, whatever is answered, until the connection fails; return the number of accepted bytes."""
    sent = 0
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    return sent


def _class(limits: ConnectionLimits) -> Any:
    return partial(_Counted, limits=limits)
