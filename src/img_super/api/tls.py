"""HTTPS: a client that has not agreed on keys yet counts, and has as long, as one that has sent no head.

An event loop that is given a certificate tells a server of a connection only after its handshake. Whoever stops in the
middle of one would hold a socket for a minute, in any number, and no limit would know of it.
"""

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from uvicorn.config import create_ssl_context

from img_super.api.connection import BoundedConnection
from img_super.api.lingering import LingeringTransport

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2, with forward secrecy only; those of TLS 1.3 all have it. Uvicorn's default allows old ones."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of a certificate chain and of its private key."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Read once a process. Raises `OSError` when the files cannot be read or do not belong together."""
        return _context(self)


@cache
def _context(files: Certificate) -> ssl.SSLContext:
    return create_ssl_context(
        files.chain, files.key, None, ssl.PROTOCOL_TLS_SERVER, ssl.CERT_NONE, None, ciphers=_CIPHERS
    )


class _SecureConnection(BoundedConnection):
    """A bounded connection whose transport is the bare socket until the handshake is over."""

    _plain_bytes = 0

    def begin(self, transport: asyncio.Transport) -> None:
        """Count, and give the handshake the time of a head."""
        self.transport = transport
        self._count()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn has it
        self._patience.stop()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._plain_bytes += len(data)
        super().data_received(data)

    def bound_records(self, wire_bytes: int) -> None:
        """What TLS adds may be as much as what is said in so many bytes: what no client reaches but by single letters.

        A record of one byte has 23 on the wire and costs 3.6 us, as one of hundreds does.
        """
        unread_bytes = self._lingering.get_read_buffer_size() if self._is_secure else 0
        if wire_bytes - unread_bytes > 2 * self._plain_bytes + self._limits.framing_bytes:
            self._abort()

    def end(self) -> None:
        """The socket is gone, perhaps before any connection was made."""
        self._patience.stop()
        self.connections.discard(self)

    @property
    def _is_secure(self) -> bool:
        return isinstance(self.transport, LingeringTransport)

    def _refuse(self) -> None:
        if self._is_secure:
            super()._refuse()
        else:
            self._abort()


class Handshake(SSLProtocol):
    """What an event loop would put between a socket and its connection; this one tells the connection of both."""

    max_size = 32 * 1024
    """Each has a buffer of so many bytes (asyncio's own: 256 kB), of which one record needs half."""

    def __init__(self, connection: _SecureConnection, context: ssl.SSLContext) -> None:
        nobody_waits: Any = None
        super().__init__(connection.loop, connection, context, nobody_waits, server_side=True)
        self._connection = connection
        self._wire_bytes = 0

    def connection_made(self, transport: Any) -> None:
        self._connection.begin(transport)
        super().connection_made(transport)

    def buffer_updated(self, nbytes: int) -> None:
        super().buffer_updated(nbytes)
        self._wire_bytes += nbytes
        self._connection.bound_records(self._wire_bytes)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._connection.end()


def secure_connection(*args: Any, certificate: Certificate, **options: Any) -> Handshake:
    """A bounded connection behind TLS; the other arguments are those of `BoundedConnection`."""
    return Handshake(_SecureConnection(*args, **options), certificate.context())
