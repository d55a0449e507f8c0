"""One connection of the service over a real socket, on the event loop that it serves with, and a client's end of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from img_super.api.connection import BoundedConnection, ConnectionLimits
from tests.waiting import PATIENCE_S

NEVER = ConnectionLimits(head_s=1000, answer_s=1000, first_head_s=1000)
"""No limit of time: what ends such a connection was something else."""


class Served:
    """A server of one application, and connections to it."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits, state: ServerState, **options: Any) -> None:
        self._config = uvicorn.Config(app, http=_class(limits), lifespan="off", log_config=None, ws="none", **options)
        self._config.load()
        self.state = state
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def begin(self) -> None:
        make = partial(self._config.http_protocol_class, self._config, self.state, {})  # type: ignore[call-arg]
        self._server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.sockets[0].getsockname()
        return host, port

    async def some_connection(self) -> None:
        """Wait until the server has seen one."""
        while not self.state.connections:
            await asyncio.sleep(0)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.address)
        self._writers.append(writer)
        return reader, writer

    async def end(self) -> None:
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        self._server.close()


@asynccontextmanager
async def served(app: ASGIApp, limits: ConnectionLimits = NEVER, **options: Any) -> AsyncIterator[Served]:
    server = Served(app, limits, ServerState(), **options)
    await server.begin()
    async with asyncio.timeout(PATIENCE_S):
        try:
            yield server
        finally:
            await server.end()


@asynccontextmanager
async def connection(
    app: ASGIApp, limits: ConnectionLimits = NEVER, **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with served(app, limits, **options) as server:
        yield await server.connect()


def on_the_service_s_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end as Uvicorn would: on uvloop where that is installed."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(work)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """What is still sent before the connection ends, in whichever way."""
    read = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            read += piece
    return bytes(read)


async def send_until_closed(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """Go on sending, whatever is answered, until nobody takes it any more; returns how many bytes were taken."""
    sent = 0
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    return sent


def _class(limits: ConnectionLimits) -> Any:
    return partial(BoundedConnection, limits=limits)
