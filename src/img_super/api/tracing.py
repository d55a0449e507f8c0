"""OpenTelemetry traces: FastAPI's span of a request, with our span of each stage in it."""

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
    """Only spans: FastAPI's logs would include exception messages, and metrics we have ourselves.

    OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and others) set the destination. Raises `BadSettings`:
    the extra `tracing` is not installed.
    """
    if enabled and find_spec("opentelemetry.sdk") is None:
        raise BadSettings(f"IMG_SUPER_TRACING is on, but OpenTelemetry is not installed; {how_to_install('tracing')}.")
    return TelemetryConfig(tracing=enabled, metrics=False, logs=False, auto_configure=enabled, exclude=_tells_more)


def _tells_more(scope: MutableMapping[str, Any]) -> bool:
    """Spans include path and query, so only known ones are traced."""
    return route_path(scope) not in _TRACED or scope.get("query_string", b"") not in _QUERIES
