"""From an HTTP request to the bytes of an image file: the three ways in which clients send a photo."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import msgspec
import numpy as np
from fastapi import Request

from img_super.api.base64_image import decode_base64, decode_plain_base64
from img_super.api.body_encoding import encodings_of, unpacked
from img_super.api.multipart import FIELD, UNTYPED, read_form, read_forms_photos
from img_super.errors import BadBase64, BadRequestBody, InputError, NoImageField, UnsupportedMedia
from img_super.model_card import NOT_DECODED
from img_super.pipeline.formats import sniff_type

T = TypeVar("T")

_FORM: Final = "multipart/form-data"
_NAMED_BY_THEIR_BYTES: Final = ("application/pdf", "application/zip", "application/dicom")
"""Not supported; accepted here so that the refusal can name the type, as for videos."""

_QUOTE: Final = ord('"')
_BLANK: Final = rb"[ \t\r\n]*"
_BEGINS: Final = re.compile(_BLANK.join([b"", rb"\{", f'"{FIELD}"'.encode(), b":", b'"']))
_ENDS: Final = re.compile(_BLANK.join([b'"', rb"\}", b""]))
"""Before and after the text of a JSON object that has the field `image` and no other."""

_GZIP: Final = b"\x1f\x8b"

_ESCAPE, _NO_DIGIT = ord("%"), 255
_HEX_DIGITS: Final = np.full(256, _NO_DIGIT, np.uint8)
_HEX_DIGITS[list(b"0123456789abcdefABCDEF")] = [*range(16), *range(10, 16)]

_MOST_TYPE_LETTERS: Final = 512
"""In a Content-Type; a boundary has at most 70 (RFC 2046)."""

ReadImage = Callable[[], bytes]
"""Gives the bytes of the image file. May take milliseconds: call it in a work thread."""


class _JsonBody(msgspec.Struct):
    """The field as a view of the body, to avoid copying megabytes of text."""

    image: msgspec.Raw = msgspec.Raw(b"null")


async def receive_image(request: Request) -> ReadImage:
    """Receive the whole body and return how to read its image. `limits.py` bounds its size.

    Raises `UnsupportedMedia`: the body is neither JSON, nor a form, nor an image, or compressed in another way;
    `TooManyBytes`, `SlowBody`, `Overloaded`: from `limits.py`.
    """
    reader = _reader(request.headers.get("content-type", ""))
    return await _receive(request, reader, request.app.state.services.settings.max_body_bytes)


async def receive_photos(request: Request) -> Callable[[], list[bytes | InputError]]:
    """Receive a form of several photos and return how to read them. Raises as `receive_image` does."""
    settings = request.app.state.services.settings
    content_type = request.headers.get("content-type", "")
    if _media_type(content_type) != _FORM:
        raise UnsupportedMedia("Send `multipart/form-data` with each photo as a file in a field `image` of its own.")
    reader = partial(read_forms_photos, content_type=content_type, most=settings.batch_photos)
    return await _receive(request, reader, settings.batch_bytes)


async def _receive(request: Request, reader: Callable[[bytes], T], max_bytes: int) -> Callable[[], T]:
    encodings = encodings_of(request.headers.get("content-encoding", ""))
    body = await request.body()
    return lambda: reader(unpacked(body, encodings, max_bytes))


def _media_type(content_type: str) -> str:
    if len(content_type) > _MOST_TYPE_LETTERS:
        raise UnsupportedMedia("The Content-Type is too long.")
    return content_type.partition(";")[0].strip().lower()


def _reader(content_type: str) -> Callable[[bytes], bytes]:
    media_type = _media_type(content_type)
    if not media_type:
        return _from_untyped
    if media_type == _FORM:
        return partial(read_form, content_type=content_type)
    if media_type == "application/x-www-form-urlencoded":
        return _from_url_encoded
    if media_type in ("application/json", "text/json") or media_type.endswith("+json"):
        return read_json
    if media_type.startswith(("image/", "video/")) or media_type in (*UNTYPED, *_NAMED_BY_THEIR_BYTES):
        return _from_raw
    raise UnsupportedMedia()


def _from_url_encoded(body: bytes) -> bytes:
    """A plus sign is taken literally: base64 uses it, and clients forget to escape it.

    So is a space, which is what becomes of an unescaped plus sign.
    """
    fields = dict(part.partition(b"=")[::2] for part in body.split(b"&", maxsplit=64))
    text = fields.get(FIELD.encode())
    if not text:
        raise NoImageField("The form has no field `image`; send the photo as base64 in it.")
    return decode_base64(_unescaped(text.replace(b" ", b"+")).decode("latin-1"))


def _unescaped(text: bytes) -> bytes:
    """Vectorised: the standard library took 10 s and 2 GB for 20 MB of percent signs. Raises `BadBase64`."""
    if 3 * text.count(b"%") > len(text):
        raise BadBase64()
    letters = np.frombuffer(text + b"\0\0", np.uint8)
    at = np.flatnonzero(letters == _ESCAPE)
    high, low = (_HEX_DIGITS[letters[at + after]] for after in (1, 2))
    if np.any((high == _NO_DIGIT) | (low == _NO_DIGIT)):
        raise BadBase64()
    plain, is_kept = letters.copy(), np.ones(len(letters), bool)
    plain[at] = high << 4 | low
    is_kept[at + 1] = is_kept[at + 2] = is_kept[-2:] = False
    return plain[is_kept].tobytes()


def _from_untyped(body: bytes) -> bytes:
    return body if sniff_type(body) else read_json(body)


def _from_raw(body: bytes) -> bytes:
    if not body:
        raise NoImageField("The body is empty; send the bytes of the photo.")
    return body


def read_json(body: bytes) -> bytes:
    """The bytes of the image in a JSON body. Raises `BadRequestBody`, `NoImageField` or `BadBase64`."""
    body = body.removeprefix(BOM_UTF8)
    try:
        return _from_only_field(body) or _from_field(memoryview(msgspec.json.decode(body, type=_JsonBody).image))
    except msgspec.ValidationError as error:
        raise BadRequestBody("The body must be a JSON object whose field `image` is a string.") from error
    except NOT_DECODED as error:
        raise BadRequestBody(_why_no_json(body)) from error


def _why_no_json(body: bytes) -> str:
    """In UTF-16 and UTF-32, one of the first four bytes of JSON is zero."""
    if body.startswith(_GZIP):
        return "The body is compressed; send `Content-Encoding: gzip` with it."
    return "The body is not valid JSON; encode it as UTF-8." if b"\0" in body[:4] else "The body is not valid JSON."


def _from_only_field(body: bytes) -> bytes | None:
    """What most clients send, `{"image": "<base64>"}`, without parsing it as JSON (0.2 ms for 0.7 MB)."""
    begins = _BEGINS.match(body)
    if begins is None:
        return None
    end = body.find(_QUOTE, begins.end())
    return decode_plain_base64(memoryview(body)[begins.end() : end]) if _ENDS.fullmatch(body, end) else None


def _from_field(field: memoryview) -> bytes:
    plain = decode_plain_base64(field[1:-1]) if field[0] == _QUOTE else None
    return plain or _from_text(msgspec.json.decode(field, type=str | None))


def _from_text(image: str | None) -> bytes:
    if image is None:
        raise NoImageField()
    return decode_base64(image)
