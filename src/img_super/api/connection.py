"""One client's connection, with limits that Uvicorn lacks.

One limit covers every byte outside the body: head, chunk framing, trailers. A client that is too slow to send a head,
to finish a refused body or to read its answer is disconnected. `limits.py` bounds the size and duration of bodies.
"""

import asyncio
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from img_super.api.answering import Answering
from img_super.api.error_handlers import answer_to
from img_super.api.lingering import LingeringTransport, Rest
from img_super.api.one_protocol import OneProtocolParser
from img_super.errors import Overloaded

_BODY_PER_FRAMING: Final = 8
"""A chunked body may have one byte of framing per this many bytes of data: chunks of 48 bytes or more pass."""

_OFFER: Final = frozenset({b"upgrade", b"http2-settings"})
_RETRY_AFTER_S: Final = 1


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may cost, and how many there may be."""

    framing_bytes: int = 64 * 1024  # allowed per request outside its body
    head_s: float = 10  # how long a head may take
    answer_s: float = 30  # how long a client may read nothing of its answer
    # What the kernel buffers of an unread answer; its own limit is 3 to 4 MB.
    unsent_bytes: int = 128 * 1024
    rest: Rest = field(default_factory=Rest)  # what a client may still send of an answered request
    pipelined: int = 16  # requests that may wait for the previous answer
    # Open at once; a new one replaces the one that has been idle longest.
    connections: int = 1000
    first_head_s: float = 0.3  # how long a connection without a request is kept on stopping


class TooManyPipelined(Exception):
    """Too many pipelined requests."""


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's connection with limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        limits: ConnectionLimits = ConnectionLimits(),
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = OneProtocolParser(self)
        self._limits = limits
        self._patience = _Timer(self.loop, limits.head_s, self._abort)
        self._reading = _Timer(self.loop, limits.answer_s, self._abort)
        self._answering: Answering | None = None
        self._in_head = self._in_message = self._stopping = False
        self._framing_bytes = self._body_bytes = self._rest_bytes = self._piece_body_bytes = 0
        self._idle_since_s = time.monotonic()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn has it
        self._lingering = LingeringTransport(transport, self.loop, self._limits.rest, self._owes_more)
        transport_for_uvicorn: Any = self._lingering
        super().connection_made(transport_for_uvicorn)
        _hold_unsent(transport, self._limits.unsent_bytes)
        self._count()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.stop()
        self._reading.stop()
        self._lingering.lost()
        super().connection_lost(exc)
        if self._answering is not None:
            self._answering.lost()

    def shutdown(self) -> None:
        """A new connection's first request may be on its way: allow it a moment."""
        if self.cycle is None and not self._stopping:
            self._stopping = True
            self.loop.call_later(self._limits.first_head_s, self.shutdown)
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reading.stop()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            self._lingering.throw_away(len(data))
            return
        self._piece_body_bytes = 0
        super().data_received(data)
        self._framing_bytes += len(data) - self._piece_body_bytes
        too_much = self._framing_bytes > self._limits.framing_bytes + self._body_bytes // _BODY_PER_FRAMING
        if too_much or self._rest_bytes > self._limits.rest.max_bytes:
            self._abort()
        elif not self.transport.is_closing():
            self._wait_for_rest()

    def on_message_begin(self) -> None:
        self._in_head = self._in_message = True
        self._framing_bytes = self._body_bytes = self._rest_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers arrive here, too, but are not headers (RFC 9110, 6.5.1): no proxy has checked them."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            return  # parsed again without the upgrade
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False
        if len(self.pipeline) > self._limits.pipelined:
            raise TooManyPipelined

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        application: Any = Answering(cycle, app)
        self._answering = application
        super()._start_asgi_task(cycle, application)

    def on_body(self, body: bytes) -> None:
        self._piece_body_bytes += len(body)
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._rest_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._idle_since_s = time.monotonic()
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait_for_rest()

    def head_without_offer(self) -> bytes:
        """The head just read, without its upgrade headers."""
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] not in _OFFER]
        return b"\r\n".join([*lines, b"", b""])

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _owes_more(self) -> bool:
        return self._in_message or self.cycle is None

    def _wait_for_rest(self) -> None:
        """Time a partial head or the rest of an answered request; Uvicorn times idle connections."""
        if self._in_head or (self._in_message and self._is_idle):
            self._patience.start()
            return
        self._patience.stop()
        if self.cycle is not None and self._is_idle and self.timeout_keep_alive_task is None:
            wait_s = self.timeout_keep_alive
            self.timeout_keep_alive_task = self.loop.call_later(wait_s, self.timeout_keep_alive_handler)

    def _count(self) -> None:
        self.connections.add(self)
        self._patience.start()
        if len(self.connections) > self._limits.connections:
            self._make_room()

    def _make_room(self) -> None:
        others: set[Any] = self.connections - {self}
        idle = [
            connection for connection in others if isinstance(connection, BoundedConnection) and connection._is_idle
        ]
        if idle:
            min(idle, key=lambda connection: connection._idle_since_s)._abort()
        else:
            self._refuse()

    def _refuse(self) -> None:
        answer = answer_to({}, Overloaded("Too many connections are open.", retry_after_s=_RETRY_AFTER_S))
        lines = [b"%s: %s\r\n" % header for header in (*answer.raw_headers, (b"connection", b"close"))]
        self.transport.write(b"".join([STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()

    def _abort(self) -> None:
        self.transport.abort()


def _hold_unsent(transport: asyncio.Transport, most_bytes: int) -> None:
    line = transport.get_extra_info("socket")
    if line is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, most_bytes)


class _Timer:
    """Calls `do` unless stopped in time; starting it again does not extend the time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, do: Any) -> None:
        self._loop, self._seconds, self._do = loop, seconds, do
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._do)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
