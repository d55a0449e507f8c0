"""CORS: which other sites' pages may read answers; the log tells how to allow a refused one."""

import logging
import re
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from img_super.api.callers import RATE_HEADERS

_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
"""As browsers send it; anything else is kept out of the log."""

_MOST_TOLD: Final = 20
"""Origins that the log names at most, so that invented ones cannot fill the disk."""

_log = logging.getLogger("img_super")


def add_cross_origin(app: FastAPI, named: str) -> None:
    """Allow only pages of the named origins to read answers."""
    origins = frozenset(origin.strip().rstrip("/") for origin in named.split(",") if origin.strip())
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(origins),
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "X-API-Key", "X-Request-ID", "traceparent"),
            expose_headers=("Retry-After", "X-Request-ID", "X-Score-Value", *RATE_HEADERS),
        )
    if "*" not in origins:
        app.add_middleware(RefusedOrigins, named=origins)


class RefusedOrigins:
    """Warns the operator, once per origin, that browsers block its pages from reading answers."""

    def __init__(self, app: ASGIApp, named: frozenset[str]) -> None:
        self._app = app
        self._named = named
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._look_at(Headers(scope=scope))
        await self._app(scope, receive, send)

    def _look_at(self, headers: Headers) -> None:
        origin = headers.get("origin", "")
        if not origin or origin in self._named or origin in self._told or len(self._told) >= _MOST_TOLD:
            return
        if _ORIGIN.fullmatch(origin) and not _is_same_site(origin, headers):
            self._told.add(origin)
            _log.warning(
                "Browsers keep the answers from pages of %s; to let them read, set IMG_SUPER_CORS_ORIGINS=%s",
                *(origin, ",".join(sorted({*self._named, origin}))),
            )


def _is_same_site(origin: str, headers: Headers) -> bool:
    """Browsers also send our own page's origin. Old ones do not mark it as same-origin, so its host is compared."""
    site = headers.get("sec-fetch-site")
    return site == "same-origin" if site else origin.partition("://")[2] == headers.get("host")
