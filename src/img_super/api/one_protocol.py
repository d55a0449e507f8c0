"""A parser that speaks one protocol: what offers to change to another one is answered as if it had not.

Java's HttpClient and `curl --http2` offer h2c with each first request, Apache's HttpClient 5.4 offers TLS. llhttp ends
such a request with its head and leaves the body to the other protocol; the offer may be ignored (RFC 9110, 7.8).
"""

from typing import Any, Protocol

import httptools


class HasHead(Protocol):
    """What is called back with each request, can say its head again, and be read on by another parser."""

    parser: Any

    def head_without_offer(self) -> bytes: ...


class OneProtocolParser(httptools.HttpRequestParser):
    """Lets the head of a request that offers an upgrade be read again without the offer, then its body.

    Another parser does so: this one takes the head of a connection's last request for the connection's end.
    """

    def __init__(self, connection: HasHead) -> None:
        super().__init__(connection)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as Uvicorn has it
        self._connection = connection

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            rest_begins = offer.args[0]
            again = self._connection.head_without_offer() + bytes(data[rest_begins:])
            self._connection.parser = OneProtocolParser(self._connection)
            self._connection.parser.feed_data(again)
