"""Traces to an OpenTelemetry collector: FastAPI's span of a request, and in it our own of each stage."""

from collections.abc import MutableMapping
from importlib.util import find_spec
from typing import Any, Final

from fastapi.telemetry import TelemetryConfig

from img_super.api.limits import BATCHES, PHOTOS
from img_super.api.route_path import route_path
from img_super.errors import BadSettings, how_to_install

_TRACED: Final = frozenset((*PHOTOS, *BATCHES))
_QUERIES: Final = frozenset({b"", b"evidence=true", b"evidence=false"})


def telemetry(enabled: bool) -> TelemetryConfig:
    """Spans alone: FastAPI's logs would tell what an exception said, its metrics are ours already.

    Where they go, OpenTelemetry's own variables say (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on). Raises `BadSettings`:
    tracing is wanted, but the packages of the extra `tracing` are not installed.
    """
    if enabled and find_spec("opentelemetry.sdk") is None:
        raise BadSettings(f"IMG_SUPER_TRACING is on, but OpenTelemetry is not installed; {how_to_install('tracing')}.")
    return TelemetryConfig(tracing=enabled, metrics=False, logs=False, auto_configure=enabled, exclude=_tells_more)


def _tells_more(scope: MutableMapping[str, Any]) -> bool:
    """A span repeats path and query: one that is not known word for word is not traced."""
    return route_path(scope) not in _TRACED or scope.get("query_string", b"") not in _QUERIES
