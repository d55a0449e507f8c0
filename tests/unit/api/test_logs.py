from __future__ import annotations

import io
import json
import logging
import sys
from logging.config import dictConfig

import pytest

from img_super.api.logs import JsonLines, TextLines, logging_config
from img_super.settings import LogFormat

CANARY = "iVBORw0KGgo"


def record_of_an_error() -> logging.LogRecord:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(f"not a photo: {CANARY}") from error
    except ValueError:
        return logging.LogRecord("img_super", logging.ERROR, "", 0, "It failed", None, sys.exc_info())


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_exceptions_are_logged_without_their_message(formatter: logging.Formatter) -> None:
    text = formatter.format(record_of_an_error())
    assert "It failed" in text
    assert "ValueError" in text
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert CANARY not in text.replace("raise KeyError(CANARY)", "")


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_message_is_one_line_without_control_characters(formatter: logging.Formatter) -> None:
    said = ("%s was loaded", ("año\n12:30:05 ERROR \x1b[31m\x9b2J",))
    line = formatter.format(logging.LogRecord("img_super", logging.INFO, "", 0, *said, None))
    assert line.isprintable()
    assert "año" in line


def test_json_line_has_the_access_log_fields() -> None:
    record = logging.makeLogRecord({"name": "img_super.access", "levelname": "INFO", "msg": "two\nlines %s"})
    record.args, record.fields = ("of text",), {"status": 200, "route": "/super"}
    text = JsonLines().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "img_super.access",
        "message": "two\nlines of text",
        "status": 200,
        "route": "/super",
    }


@pytest.mark.parametrize("log_format", LogFormat)
def test_every_logger_uses_our_formatter(log_format: LogFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    # dictConfig closes existing handlers; absl's, from TensorFlow, closes stderr with it.
    monkeypatch.setattr(logging, "shutdown", lambda *_: None)
    kept = logging.root.handlers[:], logging.root.level
    try:
        dictConfig(logging_config(log_format, "info"))
        for name in ("img_super.access", "uvicorn.error"):
            logging.getLogger(name).info("said by %s", name)
            logging.getLogger(name).debug("too quiet")
        logging.getLogger("asyncio").error("said by asyncio")
        logging.getLogger("PIL").info("too quiet")
    finally:
        logging.root.handlers[:], logging.root.level = kept
        for name in ("img_super", "uvicorn"):
            logging.getLogger(name).setLevel(logging.NOTSET)
    said = output.getvalue()
    assert said.count("said by") == len(said.splitlines()) == 3
    assert (said[0] == "{") is (log_format is LogFormat.JSON)
