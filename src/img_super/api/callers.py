"""Who may call, and how often."""

from functools import partial
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from img_super.addresses import customer_of
from img_super.api.error_handlers import answer_to
from img_super.api.keys import KnownKeys
from img_super.api.rate_limit import RateLimit
from img_super.api.route_path import route_path
from img_super.errors import KeyRefused, RateExceeded, RequestError

_OPEN: Final = frozenset({"/", "/docs", "/docs/oauth2-redirect", "/openapi.json", "/how-good", "/model/figures"})
_OPEN_FOLDERS: Final = ("/health/", "/web/", "/samples/", "/static-offline-docs/")
"""Needs no key: health, documentation, the page. Everything else does, including routes added later."""

_FOR_ADMINS: Final = frozenset({"/model/reload"})
"""Changes the service; off without admin keys."""

RATE_HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
"""After draft-ietf-httpapi-ratelimit-headers-07; the last one is in seconds."""


def asks_for_key(path: str, for_callers: bool, for_admins: bool) -> bool:
    """Whether this address needs a key, given that caller keys or admin keys are configured."""
    return for_admins if path in _FOR_ADMINS and for_admins else for_callers and not _is_open(path)


class Callers:
    """Requires a key where keys are configured, and enforces the rate limit where there is one."""

    def __init__(
        self, app: ASGIApp, keys: KnownKeys | None, per_minute: int, admin_keys: KnownKeys | None = None
    ) -> None:
        """
        Args:
            app: the wrapped application.
            keys: open everything except the admin routes; without them, anyone may call.
            per_minute: requests per caller, by key or else by address; 0 for no limit.
            admin_keys: open only the admin routes.
        """
        self._app = app
        self._keys = keys
        self._admin_keys = admin_keys
        self._limit = RateLimit(per_minute) if per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(route_path(scope)):
            await self._app(scope, receive, send)
            return
        headers: dict[str, str] = {}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        try:
            self._admit(scope, headers)
        except RequestError as error:
            await answer_to(scope, error)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _admit(self, scope: Scope, headers: dict[str, str]) -> None:
        """Raises `KeyRefused` or `RateExceeded`; `headers` belong in the response either way."""
        caller: str | None = customer_of(scope["client"][0]) if scope.get("client") else "-"
        for_admins = self._admin_keys is not None and route_path(scope) in _FOR_ADMINS
        if (keys := self._admin_keys if for_admins else self._keys) is not None:
            presented = _presented_key(Headers(scope=scope))
            caller = scope.setdefault("state", {})["owner"] = keys.owner(presented) if presented else None
        if caller is None:
            headers["WWW-Authenticate"] = "Bearer"
            raise KeyRefused()
        if self._limit is not None:
            count = partial(_count, self._limit, caller, headers)
            count()
            scope.setdefault("state", {})["count_more"] = count


def _count(limit: RateLimit, caller: str, headers: dict[str, str], requests: int = 1) -> None:
    """Raises `RateExceeded`; the headers report the remaining allowance."""
    count = limit.count(caller, requests)
    headers |= zip(RATE_HEADERS, map(str, (limit.per_minute, count.left, count.reset_s)), strict=True)
    if not count.admitted:
        raise RateExceeded(retry_after_s=count.wait_s or count.reset_s)


def owner_of(scope: Scope) -> str:
    """The owner of the key that a request came with; empty where no key is required."""
    return scope["state"].get("owner") or ""


def count_photos(scope: Scope, photos: int) -> None:
    """Count each photo of a request against the caller's rate limit. Raises `RateExceeded`."""
    count_more = scope["state"].get("count_more")
    if count_more is not None and photos > 1:
        count_more(requests=photos - 1)


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_FOLDERS)


def _presented_key(headers: Headers) -> str:
    """From `X-API-Key: <key>` or `Authorization: Bearer <key>`."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return headers.get("x-api-key") or (credentials.strip() if scheme.lower() == "bearer" else "")
