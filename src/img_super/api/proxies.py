"""A request's origin as reported by a trusted proxy; nobody else is believed."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from img_super.addresses import Network, is_in, read_address

_MOST_HOPS: Final = 32
"""Chained proxies. A client may invent thousands of trusted ones: 6 ms of the event loop."""


class TrustedProxies:
    """Replaces the proxy's address and scheme by the client's."""

    def __init__(self, app: ASGIApp, networks: Sequence[Network]) -> None:
        self._app, self._networks = app, networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client") and self._trusts(scope["client"][0]):
            headers = Headers(scope=scope)
            scope["client"] = (self._client(headers, scope["client"][0]), 0)
            scheme = headers.get("x-forwarded-proto", "").strip().lower()
            scope["scheme"] = scheme if scheme in ("http", "https") else scope["scheme"]
        await self._app(scope, receive, send)

    def _client(self, headers: Headers, proxy: str) -> str:
        """The last address that is not a trusted proxy's; each proxy appends its client's.

        Anything but an address ends the search, so that only addresses get into the log.
        """
        hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
        for hop in islice(reversed(hops), _MOST_HOPS):
            address = read_address(_without_port(hop.strip()))
            if address is None:
                return proxy
            proxy = str(address)
            if not is_in(address, self._networks):
                return proxy
        return proxy

    def _trusts(self, host: str) -> bool:
        return is_in(read_address(host), self._networks)


def _without_port(hop: str) -> str:
    """`1.2.3.4:5` and `[::1]:5` are written by some proxies."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
