"""The ID of a request in logs and traces."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers

HEADER: Final = "x-request-id"

_OWN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, https://www.w3.org/TR/trace-context/: version, trace, parent, flags."""


@dataclass(frozen=True, slots=True)
class RequestIdentity:
    """`trace_id` comes from the caller's `traceparent`; None without a valid one."""

    request_id: str
    trace_id: str | None

    @classmethod
    def of(cls, headers: Headers) -> "RequestIdentity":
        """The caller's IDs if well formed; else the trace's, else a new one."""
        own = _OWN_NAME.fullmatch(headers.get(HEADER, ""))
        trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
        trace_id = trace[1] if trace else None
        return cls(own[0] if own else trace_id or uuid4().hex, trace_id)
