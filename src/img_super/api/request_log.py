"""Every request in the access log and metrics; unexpected errors too, without a byte of the photo."""

import logging
import time
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from img_super.api.error_handlers import surprise
from img_super.api.metrics import Metrics
from img_super.api.request_identity import HEADER, RequestIdentity

ACCESS_LOG: Final = "img_super.access"
UNKNOWN_ROUTE: Final = "(unknown)"
"""For unknown addresses, so that nothing a caller wrote gets into the log or metrics."""

_QUIET: Final = ("/health/live", "/health/ready", "/metrics")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_access = logging.getLogger(ACCESS_LOG)
_log = logging.getLogger("img_super")


class RequestLog:
    """The outermost layer, so it measures the client's whole wait."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(RequestIdentity.of(Headers(scope=scope)), send, scope.get("root_path", ""))
        scope["state"] = {**scope.get("state", {}), "code": None, "request_id": answer.identity.request_id}
        try:
            await self._app(scope, receive, answer.send)
        except Exception:  # noqa: BLE001 the last place that can see it
            _log.exception("Unexpected error while answering request %s", answer.identity.request_id)
            if answer.status is None:
                await surprise(scope)(scope, receive, answer.send)
        finally:
            self._record(scope, answer)

    def _record(self, scope: Scope, answer: "_Answer") -> None:
        seconds = time.perf_counter() - answer.start_s
        mounted = scope.get("root_path", "").removeprefix(answer.prefix)  # the page's files share one address
        route = getattr(scope.get("route"), "path", None) or mounted or UNKNOWN_ROUTE
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        status, code = answer.status or 0, scope["state"]["code"]
        self._metrics.answered(route, method, status, code, seconds)
        if route not in _QUIET:
            fields = {"method": method, "route": route, "status": status, "code": code, "ms": round(1000 * seconds, 1)}
            _log_access(scope, answer.identity, fields)


class _Answer:
    """The answer being sent."""

    def __init__(self, identity: RequestIdentity, send: Send, prefix: str) -> None:
        self.identity = identity
        self.prefix = prefix
        self.status: int | None = None
        self.start_s = time.perf_counter()
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self.identity.request_id
        await self._send(message)


def _log_access(scope: Scope, identity: RequestIdentity, fields: dict[str, Any]) -> None:
    client = scope["client"][0] if scope.get("client") else "-"
    logged = {**fields, "client": client, "request_id": identity.request_id, "trace_id": identity.trace_id}
    _access.info(
        "%s  %s %s  %s%s  %s ms  %s",
        *(client, fields["method"], fields["route"], fields["status"]),
        *(f" {fields['code']}" if fields["code"] else "", fields["ms"], identity.request_id),
        extra={"fields": {name: value for name, value in logged.items() if value is not None}},
    )
