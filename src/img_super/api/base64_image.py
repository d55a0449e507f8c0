"""Base64 in the forms that clients actually send."""

import re
from typing import Final

import pybase64

from img_super.errors import BadBase64, NoImageField

_DATA_URL: Final = re.compile(r"\s*+data:(?:[^,\"]|\"[^\"]{0,255}\"){0,255},", re.IGNORECASE)
_DATA_URL_IN_JSON: Final = re.compile(rb" *+data:[ !#-+\--\[\]-~]{0,255},", re.IGNORECASE)
"""Only printable characters that need no escape in JSON."""

_BYTE_ORDER_MARKS: Final = ("\ufeff", "\xef\xbb\xbf")
"""As decoded text, and as UTF-8 bytes read as Latin-1."""

_URL_SAFE_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_LEFT_OUT: Final = b" \t\r\n="


def decode_base64(text: str) -> bytes:
    """Decode base64 text.

    A `data:...;base64,` prefix of any type, the URL-safe alphabet, missing padding and line breaks are accepted. Raises
    `NoImageField`: the text is empty; `BadBase64`: it has other characters, or a length that no base64 text has.
    """
    for mark in _BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    prefix = _DATA_URL.match(text)
    digits = text[prefix.end() :] if prefix else text
    try:
        data = pybase64.b64decode(digits, validate=True)
    except ValueError:  # not the plain form; normalising costs several times as much as decoding
        data = _decode_unusual(digits)
    if not data:
        raise NoImageField()
    return data


def decode_plain_base64(text: memoryview) -> bytes | None:
    """Decode ASCII text in place; None unless it has the plain form.

    The plain form is the standard alphabet with padding, optionally after a `data:` prefix, and not empty.
    """
    prefix = _DATA_URL_IN_JSON.match(text)
    try:
        return pybase64.b64decode(text[prefix.end() :] if prefix else text, validate=True) or None
    except ValueError:
        return None


def _decode_unusual(digits: str) -> bytes:
    try:
        standard = digits.encode("ascii").translate(_URL_SAFE_TO_STANDARD, _LEFT_OUT)
        return pybase64.b64decode(standard + b"=" * (-len(standard) % 4), validate=True)
    except ValueError as error:
        raise BadBase64() from error
