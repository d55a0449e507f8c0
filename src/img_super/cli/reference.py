"""`img-super reference`: generate the documentation's lists of error codes and settings."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic.fields import FieldInfo

from img_super.api.error_handlers import documented_problems
from img_super.settings import PREFIX, Settings

_DEFAULTS_IN_WORDS: Final = {"threads": "the number of usable cores", "model": "the shipped model"}
_ALLOWED_IN_WORDS: Final = {
    "host": "an IP address or `localhost`",
    **dict.fromkeys(("model", "shadow_model"), "a folder"),
    "attack_share": "a number between 0 and 1",
    "feedback": "a file or a URL",
    "root_path": "a path such as `/identity`",
    "cors_origins": "origins such as `https://example.com`",
    "trusted_proxies": "addresses and networks such as `10.0.0.0/8`",
    **dict.fromkeys(("keys_file", "admin_keys_file", "tls_certificate", "tls_key"), "a file"),
}

_ERRORS_HEAD: Final = """\
# Error codes

Written by `make reference` from `api/error_handlers.py` and `errors.py`; change those.

Every error is a JSON object of type `application/problem+json` (RFC 9457). Rely on `code`: it never changes. `detail`
says what to do; it may be more precise than here, and its wording may change.

"""

_SETTINGS_HEAD: Final = """\
# Settings

Written by `make reference` from `settings.py`; change that.

Settings are read from environment variables when the service starts. Options of `img-super serve` override them; an
empty variable counts as unset. An invalid value stops the start with a message that names the variable. In brackets:
the default; the allowed values.

"""


def reference(folder: Annotated[Path, typer.Argument(help="Folder for errors.md and settings.md.")]) -> None:
    """Write the lists of error codes and of settings into a folder, created if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "errors.md").write_text(errors_text(), encoding="utf-8")
    (folder / "settings.md").write_text(settings_text(), encoding="utf-8")


def default_in_words(name: str) -> str:
    """A setting's default, independent of the machine."""
    if name in _DEFAULTS_IN_WORDS:
        return _DEFAULTS_IN_WORDS[name]
    default = Settings.model_fields[name].get_default()
    if default in (None, ""):
        return "none"
    return f"`{default.value if isinstance(default, Enum) else str(default).lower()}`"


def errors_text() -> str:
    """`errors.md`: code, HTTP status and what to do."""
    return _ERRORS_HEAD + _list((entry.code, str(entry.status), entry.detail) for entry in documented_problems())


def settings_text() -> str:
    """`settings.md`: environment variable, default, allowed values and meaning."""
    return _SETTINGS_HEAD + _list(
        (f"{PREFIX}{name.upper()}", f"{default_in_words(name)}; {_allowed_values(name, field)}", str(field.description))
        for name, field in Settings.model_fields.items()
    )


def _allowed_values(name: str, field: FieldInfo) -> str:
    if name in _ALLOWED_IN_WORDS:
        return _ALLOWED_IN_WORDS[name]
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in field.annotation)
    if field.annotation is bool:
        return "`true`, `false`"
    if field.annotation is int:
        return _range(Settings.model_json_schema()["properties"][name])
    raise TypeError(f"Say in _ALLOWED_IN_WORDS which values the setting {name} may have.")


def _range(schema: Mapping[str, Any]) -> str:
    return f"{schema['minimum']} to {schema['maximum']}" if "maximum" in schema else f"{schema['minimum']} or more"


def _list(entries: Iterable[tuple[str, str, str]]) -> str:
    return "".join(f"- `{name}` ({facts}): {_escaped(meaning)}\n" for name, facts, meaning in entries)


def _escaped(text: str) -> str:
    """Escape text against HTML; code between backticks stays unchanged."""
    return re.sub(r"(`[^`]*`)|<", lambda found: found[1] or r"\<", text)
