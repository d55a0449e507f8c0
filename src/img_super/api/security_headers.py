"""Headers that make browsers do as little as possible with an answer; routes may set their own."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_DATA: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_FOR_DOCUMENTATION: Final = {
    # Swagger's page has an inline script, but nothing that a caller sent.
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
_FOR_PHOTOS: Final = {"Cache-Control": "no-store"}
_FOR_TLS: Final = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """Adds the headers that an answer lacks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders, scope: Scope) -> None:
    kind = headers.get("content-type", "")
    for_kind = _FOR_DATA if "json" in kind else _FOR_DOCUMENTATION if "html" in kind else {}
    security = {**_ALWAYS, **for_kind, **(_FOR_TLS if scope.get("scheme") == "https" else {})}
    if scope["method"] == "POST":  # a mask, like a heat map, is personal data
        security |= _FOR_PHOTOS
    for name, value in security.items():
        headers.setdefault(name, value)
