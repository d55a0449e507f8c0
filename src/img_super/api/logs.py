"""Log lines: one sentence for people, or one JSON object for machines. Neither includes exception messages, which may
contain part of a photo or its base64. Only the type and the traceback's locations are logged.
"""

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TypeAlias

import msgspec

from img_super.settings import LogFormat

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_ESCAPED: Final = {code: f"\\u{code:04x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
"""Control characters, which end a line or give orders to a terminal."""


class TextLines(logging.Formatter):
    """`12:30:05 INFO     Ready: ...`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 logging's name
        """One line, whatever names from elsewhere it repeats."""
        return super().formatMessage(record).translate(_ESCAPED)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 logging's name
        return _places(ei)


class JsonLines(logging.Formatter):
    """One object per line: time (RFC 3339), level, logger, message, and the access log's fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = _places(record.exc_info)
        return msgspec.json.encode(line).decode().translate(_ESCAPED)


def logging_config(log_format: LogFormat, level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything to standard error, in one form; Uvicorn's access log is ours."""
    formatter = JsonLines if log_format is LogFormat.JSON else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": level.upper()} for name in ("img_super", "uvicorn")},
    }


def _places(info: ExceptionInfo) -> str:
    """The types of an exception and its causes, each with its location."""
    return "\ncaused by ".join(_kind_and_places(error) for error in _causes(info[1]))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        yield error
        visited.add(id(error))
        error = error.__cause__ or error.__context__


def _kind_and_places(error: BaseException) -> str:
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__module__}.{type(error).__qualname__}\n{places}".rstrip()
