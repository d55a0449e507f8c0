"""`/super/` is `/super`.

Starlette would answer with a redirection whose address it makes of the request's own host and scheme: behind a proxy
that speaks TLS, the photo would be sent again in the clear.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class TrailingSlash:
    """Takes it away before anybody looks at the address: keys and limits see the same one as the router."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/"):
            stripped = scope["path"].rstrip("/")
            root = scope.get("root_path", "").rstrip("/")
            scope["path"] = f"{root}/" if stripped == root else stripped  # the page is at the slash of the prefix
        await self._app(scope, receive, send)
