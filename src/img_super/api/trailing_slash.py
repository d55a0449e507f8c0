"""`/super/` is `/super`.

Starlette would redirect to an address built from the request's host and scheme: behind a TLS proxy, the photo would be
sent again unencrypted.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class TrailingSlash:
    """Strips the slash before anything else sees the path, so that keys, limits and router agree."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/"):
            stripped = scope["path"].rstrip("/")
            root = scope.get("root_path", "").rstrip("/")
            scope["path"] = f"{root}/" if stripped == root else stripped  # the page is at the prefix with a slash
        await self._app(scope, receive, send)
