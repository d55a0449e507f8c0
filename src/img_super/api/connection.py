"""One client's connection, with the limits that Uvicorn does not set: how long and how large a head may be."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TimedConnection(HttpToolsProtocol):
    """Closed when a head does not come in time: at the beginning, between two requests, or while a body that was
    refused is still being sent. How long a body may take that is wanted, `limits.py` says."""

    head_timeout_s: ClassVar[float] = 10
    max_head_bytes: ClassVar[int] = 64 * 1024
    first_head_s: ClassVar[float] = 0.3

    _timer: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn has it
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A connection that has had no request was made for one, which may be under way: it has a moment to come."""
        if self.cycle is None:
            self.loop.call_later(self.first_head_s, super().shutdown)
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        if self._head_bytes > self.max_head_bytes:
            self.transport.close()
        elif self.cycle is None or self.cycle.response_complete:
            self._start_timer()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _start_timer(self) -> None:
        if self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
