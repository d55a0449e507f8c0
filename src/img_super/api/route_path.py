"""The address of a request as routes are named: without the prefix that a proxy serves them under."""

from starlette.types import Scope


def route_path(scope: Scope) -> str:
    """The path behind the prefix (ASGI's `root_path`), which servers put before it; the path where they did not."""
    path: str = scope["path"]
    behind = path.removeprefix(scope.get("root_path", "").rstrip("/"))
    return behind if behind.startswith("/") else path
