"""A form as all kinds of clients write it, and the one photo in it. The body is in memory: nothing touches a disk."""

from __future__ import annotations

import quopri
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError

from img_super.api.base64_image import decode_base64
from img_super.errors import BadRequestBody, InputError, NoImageField, TooManyPhotos
from img_super.pipeline.formats import sniff_type

FIELD: Final = "image"
UNTYPED: Final = ("application/octet-stream", "binary/octet-stream")
"""What clients and buckets call bytes of which they know nothing."""

_MOST_PARTS: Final = 64
_MOST_HEADER_BYTES: Final = 16 * 1024


@dataclass(slots=True)
class _Part:
    headers: Message = field(default_factory=Message)
    body: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        return str(self.headers.get_param("name", "", "content-disposition"))

    @property
    def is_file(self) -> bool:
        """Clients leave out the name of a file, or its type; then its first bytes tell."""
        if self.headers.get_filename() is not None:
            return True
        kind = self.headers.get_content_type()  # a part of JSON beside the photo is none
        return kind.startswith("image/") or kind in UNTYPED or sniff_type(bytes(self.body[:64])) is not None

    def content(self) -> bytes:
        """The bytes, whatever they were wrapped in for mail."""
        encoding = str(self.headers.get("content-transfer-encoding", "")).strip().lower()
        if encoding == "base64":
            return decode_base64(self.body.decode("latin-1"))
        return quopri.decodestring(bytes(self.body)) if encoding == "quoted-printable" else bytes(self.body)

    def image(self) -> bytes:
        """The photo: a file's bytes, or what a text says in base64."""
        content = self.content()
        if not content:
            raise NoImageField("The file in the form is empty; send the bytes of the photo.")
        return content if self.is_file or sniff_type(content) else decode_base64(content.decode("latin-1"))


class _Form:
    """Collects the parts as the parser comes to them."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._name, self._value = bytearray(), bytearray()
        self._header_bytes = 0

    def begin_part(self) -> None:
        self.parts.append(_Part())
        if len(self.parts) > _MOST_PARTS:
            raise BadRequestBody(f"The form has more than {_MOST_PARTS} fields; send the photo in the field `image`.")

    def header_name(self, data: bytes, begin: int, end: int) -> None:
        self._add(self._name, data[begin:end])

    def header_value(self, data: bytes, begin: int, end: int) -> None:
        self._add(self._value, data[begin:end])

    def end_header(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1")] = self._value.decode("utf-8", "replace")
        self._name.clear()
        self._value.clear()

    def body(self, data: bytes, begin: int, end: int) -> None:
        self.parts[-1].body += memoryview(data)[begin:end]

    def end(self) -> None:
        self.ended = True

    def _add(self, collected: bytearray, piece: bytes) -> None:
        self._header_bytes += len(piece)
        if self._header_bytes > _MOST_HEADER_BYTES:
            raise BadRequestBody("The form's field headers are too long.")
        collected += piece


def read_form(body: bytes, content_type: str) -> bytes:
    """The bytes of the photo in a `multipart/form-data` body: the field `image`, else the only file.

    Raises:
        BadRequestBody: it is no such form, or it was cut off.
        NoImageField: there is no file, or there are several and none is `image`.
        BadBase64: a text or a transfer encoding is not base64.
    """
    form = _parsed(body, content_type)
    named = [part for part in form.parts if part.name == FIELD]
    files = [part for part in form.parts if part.is_file and part.body]
    # A field that was left empty beside the photo is none; alone, it is told of.
    if candidates := [part for part in named if part.body] or (files if len(files) == 1 else named):
        return candidates[-1].image()
    raise NoImageField(
        "The form has several files; send the photo in the field `image`." if files
        else "The form has no field `image`; send the photo's file in it."
    )  # fmt: skip


def read_forms_photos(body: bytes, content_type: str, most: int) -> list[bytes | InputError]:
    """The bytes of every photo in a form, in their order, or why there are none: whatever is a file or named `image`.

    Raises:
        BadRequestBody: it is no such form, or it was cut off.
        NoImageField: there is no photo.
        TooManyPhotos: there are more than `most`.
    """
    parts = [part for part in _parsed(body, content_type).parts if part.name == FIELD or part.is_file]
    if not parts:
        raise NoImageField("The form has no file; send each photo as a file in a field `image` of its own.")
    if len(parts) > most:
        raise TooManyPhotos.over(most)
    return [_image_or_why_not(part) for part in parts]


def _image_or_why_not(part: _Part) -> bytes | InputError:
    try:
        return part.image()
    except InputError as error:
        return error


def _parsed(body: bytes, content_type: str) -> _Form:
    form, boundary = _Form(), _boundary(content_type)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.header_name,
                "on_header_value": form.header_value,
                "on_header_end": form.end_header,
                "on_part_data": form.body,
                "on_end": form.end,
            },
        )
        parser.write(_without_preamble(body, boundary))
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise BadRequestBody("The multipart body is malformed; send one file in the field `image`.") from error
    if not form.ended:
        raise BadRequestBody("The multipart body ends before its closing boundary; send it again, complete.")
    return form


def _without_preamble(body: bytes, boundary: bytes) -> bytes:
    """What mail programs write before the first part (RFC 2046, 5.1.1), the parser does not know."""
    begin = body.find(b"\r\n--" + boundary)
    return body if body.startswith((b"--", b"\r\n")) or begin < 0 else body[begin + 2 :]


def _boundary(content_type: str) -> bytes:
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary("")
    if not boundary or len(boundary) > 256:
        raise BadRequestBody("The multipart body's Content-Type has no `boundary`.")
    return boundary.encode("latin-1", "replace")
