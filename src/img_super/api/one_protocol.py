"""A parser that ignores offers to upgrade to another protocol.

Java's HttpClient and `curl --http2` offer h2c with their first request, Apache's HttpClient 5.4 offers TLS. llhttp ends
such a request after its head and leaves the body to the other protocol, but the offer may be ignored (RFC 9110, 7.8).
"""

from typing import Any

import httptools


class OneProtocolParser(httptools.HttpRequestParser):
    """On an upgrade offer, parses the head again without it, then the body.

    A new parser is needed, because this one considers the connection finished after an upgrade; `connection` swaps
    its parser, and has the head again without the offer.
    """

    def __init__(self, connection: Any) -> None:
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
