"""A connection that ends without losing its last answer.

A socket that is closed while bytes of its client are still on their way tells the client so by a reset, and a reset
throws away what the client has not read yet: the refusal itself. So the end is told first, what still comes is thrown
away for a while, and then the connection is closed (RFC 9112, section 9.6).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rest:
    """How much of a request that is answered already may still come, and for how long."""

    max_bytes: int = 64 * 1024 * 1024
    seconds: float = 10


class LingeringTransport:
    """A transport whose `close` waits for the rest of a request; it never lasts longer than a rest may."""

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, rest: Rest, owed: Callable[[], bool]
    ) -> None:
        """`owed` tells whether the client is still sending what it has begun."""
        self._transport, self._loop = transport, loop
        self._owed, self._left_bytes, self._seconds = owed, rest.max_bytes, rest.seconds
        self._end: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """From the moment on at which it was told to."""
        return self._end is not None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Nothing is said after the end."""
        if not self.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Say nothing more; end when the client has, or with the rest."""
        if self.is_closing():
            return
        self._end = self._loop.call_later(self._seconds, self._transport.abort)
        if not self._owed():
            self._transport.close()  # what was said is still sent
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()

    def throw_away(self, size_bytes: int) -> None:
        """So much has come after the end."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            self._transport.abort()

    def lost(self) -> None:
        """The connection has ended."""
        if self._end is not None:
            self._end.cancel()
