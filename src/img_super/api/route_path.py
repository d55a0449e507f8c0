"""A request's path as the routes know it: without the proxy's prefix."""

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """The path after ASGI's `root_path`, if the server has prepended it."""
    path: str = scope["path"]
    behind = path.removeprefix(scope.get("root_path", "").rstrip("/"))
    return behind if behind.startswith("/") else path
