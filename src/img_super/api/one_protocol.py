"""A parser that speaks one protocol: what offers to change to another one is answered as if it had not.

Java's HttpClient and `curl --http2` offer h2c with each first request, Apache's HttpClient 5.4 offers TLS. llhttp ends
such a request with its head and leaves the body to the other protocol; the offer may be ignored (RFC 9110, 7.8).
"""

from typing import Any, Protocol

import httptools


class HasHead(Protocol):
    """What is called back with each request, and can say its head again."""

    def head_without_offer(self) -> bytes: ...


class OneProtocolParser(httptools.HttpRequestParser):
    """Rereads the head of a request that offers an upgrade without the offer, then its body."""

    def __init__(self, connection: HasHead) -> None:
        super().__init__(connection)
        self._connection = connection

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            rest_begins = offer.args[0]
            self.feed_data(self._connection.head_without_offer() + bytes(data[rest_begins:]))
