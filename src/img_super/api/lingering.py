"""Closes a connection without losing its last answer.

Closing a socket while the client is still sending causes a reset, and a reset discards what the client has not read
yet: the refusal itself. So the sending side is closed first, incoming data is discarded for a while, and then the
connection is closed (RFC 9112, section 9.6).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rest:
    """How much of an answered request may still arrive, and for how long."""

    max_bytes: int = 64 * 1024 * 1024
    seconds: float = 10


class LingeringTransport:
    """A transport whose `close` waits, within limits, for the rest of a request."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, rest: Rest, owed: Callable[[], bool]
    ) -> None:
        """`owed` tells whether the client is still sending a request."""
        self._transport, self._loop = transport, loop
        self._owed, self._left_bytes, self._seconds = owed, rest.max_bytes, rest.seconds
        self._end: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """True from the call of `close` on."""
        return self._end is not None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Writes after `close` are dropped."""
        if not self.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Send nothing more; close when the client does, or when the rest has arrived."""
        if self.is_closing():
            return
        self._end = self._loop.call_later(self._seconds, self._transport.abort)
        if not self._owed():
            self._transport.close()  # buffered data is still sent
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()

    def throw_away(self, size_bytes: int) -> None:
        """Count what arrives after `close`."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            self._transport.abort()

    def lost(self) -> None:
        """The connection is closed."""
        if self._end is not None:
            self._end.cancel()
