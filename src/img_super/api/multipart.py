"""Parses forms as all kinds of clients send them. The body is in memory; nothing is written to disk."""

import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from img_super.api.base64_image import decode_base64
from img_super.errors import BadRequestBody, InputError, NoImageField, TooManyPhotos
from img_super.pipeline.formats import sniff_type

FIELD: Final = "image"
UNTYPED: Final = ("application/octet-stream", "binary/octet-stream")
"""Media types for bytes of unknown type."""

_MOST_PARTS: Final = 64
_MOST_HEADER_BYTES: Final = 8 * 1024
"""In one part. An encoded file name of 255 characters may take 2,300."""

_MOST_BOUNDARY_LETTERS: Final = 256
_LINE_END: Final = rb"\r?\n"
_HEADER: Final = re.compile(r"([!#-'*+.0-9A-Z^-z|~-]++)[ \t]*+:([^\r\n]*+)")
_PARAMETER: Final = re.compile(r';\s*+([^\s;="]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)', re.DOTALL)
"""Possessive quantifiers: linear, not quadratic, time."""

_TWO_LINE_ENDS: Final = "Some lines of the form end in CR LF and others in LF; end all of them in CR LF."


@dataclass(frozen=True, slots=True)
class _Part:
    headers: Mapping[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return _parameters(self._disposition).get("name", "")

    @property
    def is_file(self) -> bool:
        """Clients may omit the file name or the type; then the first bytes decide."""
        if any(name.startswith("filename") for name in _parameters(self._disposition)):
            return True
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()  # JSON sent along is not a file
        return kind.startswith("image/") or kind in UNTYPED or sniff_type(self.body[:64]) is not None

    @property
    def _disposition(self) -> str:
        return self.headers.get("content-disposition", "")

    def content(self) -> bytes:
        """The bytes, without their transfer encoding."""
        encoding = self.headers.get("content-transfer-encoding", "").strip().lower()
        if encoding == "base64":
            return decode_base64(self.body.decode("latin-1"))
        return quopri.decodestring(self.body) if encoding == "quoted-printable" else self.body

    def image(self) -> bytes:
        """The photo: a file's bytes, or base64 text decoded."""
        content = self.content()
        if not content:
            raise NoImageField("The file in the form is empty; send the bytes of the photo.")
        return content if self.is_file or sniff_type(content) else decode_base64(content.decode("latin-1"))


def read_form(body: bytes, content_type: str) -> bytes:
    """The bytes of the photo in a `multipart/form-data` body: the field `image`, else the only file.

    Raises `BadRequestBody`: it is malformed or cut off; `NoImageField`: there is no file, or several and none is
    `image`; `BadBase64`: text or a transfer encoding is not base64.
    """
    parts = _parts(body, content_type)
    named = [part for part in parts if part.name == FIELD]
    files = [part for part in parts if part.is_file and part.body]
    # An empty field next to the photo is ignored; alone, it is reported.
    if candidates := [part for part in named if part.body] or (files if len(files) == 1 else named):
        return candidates[-1].image()
    raise NoImageField(
        "The form has several files; send the photo in the field `image`." if files
        else "The form has no field `image`; send the photo's file in it."
    )  # fmt: skip


def read_forms_photos(body: bytes, content_type: str, most: int) -> list[bytes | InputError]:
    """The bytes of every photo in a form (files, and fields named `image`), or its error, in order.

    Raises `BadRequestBody`: it is malformed or cut off; `NoImageField`: there is no photo; `TooManyPhotos`: there are
    more than `most`.
    """
    parts = [part for part in _parts(body, content_type) if part.name == FIELD or part.is_file]
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


def _parts(body: bytes, content_type: str) -> list[_Part]:
    """Lines end in CR LF (RFC 2046, 4.1.1); hand-written clients use LF throughout, which is accepted."""
    boundary = re.escape(b"--" + _boundary(content_type)) + rb"[ \t]*+"
    begins = re.compile(boundary + b"(--|" + _LINE_END + b")")
    # A preamble may precede the first part (RFC 2046, 5.1.1).
    first = begins.match(body) or re.compile(rb"\n" + begins.pattern).search(body)
    if first is None:
        raise BadRequestBody("The multipart body is malformed; send one file in the field `image`.")
    return [] if first[1] == b"--" else list(_parts_from(body, first.end(), first[1], boundary))


def _parts_from(body: bytes, begin: int, line_end: bytes, boundary: bytes) -> Iterator[_Part]:
    delimiter = re.compile(line_end + boundary + b"(--|" + line_end + b")")
    for _ in range(_MOST_PARTS):
        ends = delimiter.search(body, begin)
        if ends is None:
            raise BadRequestBody(
                _TWO_LINE_ENDS if re.compile(rb"\n" + boundary + rb"(?:--|\r?\n)").search(body, begin)
                else "The multipart body ends before its closing boundary; send it again, complete."
            )  # fmt: skip
        yield _part(body, begin, ends.start(), line_end)
        if ends[1] == b"--":
            return
        begin = ends.end()
    raise BadRequestBody(f"The form has more than {_MOST_PARTS} fields; send the photo in the field `image`.")


def _part(body: bytes, begin: int, end: int, line_end: bytes) -> _Part:
    if body.startswith(line_end, begin):
        return _Part({}, body[begin + len(line_end) : end])
    looked_at = min(end, begin + _MOST_HEADER_BYTES)
    blank = body.find(2 * line_end, begin, looked_at)
    if blank >= 0:
        return _Part(_headers(body[begin:blank], line_end), body[blank + 2 * len(line_end) : end])
    if re.search(rb"\n\r?\n", body[begin:looked_at]):
        raise BadRequestBody(_TWO_LINE_ENDS)
    raise BadRequestBody("A field of the form has no blank line behind its headers, or they are too long.")


def _headers(head: bytes, line_end: bytes) -> dict[str, str]:
    """By lower-case name; the first of duplicates counts."""
    lines = head.decode("latin-1").split(line_end.decode())
    if any("\r" in line or "\n" in line for line in lines):
        raise BadRequestBody(_TWO_LINE_ENDS)
    read = [_HEADER.fullmatch(line) for line in reversed(lines)]
    if not all(read):
        raise BadRequestBody("A header of a field of the form is malformed.")
    return {header[1].lower(): header[2].strip() for header in read if header}


def _parameters(value: str) -> dict[str, str]:
    """The parameters of a header's value, by lower-case name; the first of duplicates counts."""
    return {name.lower(): _unquoted(said.strip()) for name, said in reversed(_PARAMETER.findall(value))}


def _unquoted(said: str) -> str:
    return re.sub(r"\\(.)", r"\1", said[1:].removesuffix('"')) if said.startswith('"') else said


def _boundary(content_type: str) -> bytes:
    boundary = _parameters(content_type).get("boundary", "").rstrip()
    if not boundary or len(boundary) > _MOST_BOUNDARY_LETTERS:
        raise BadRequestBody("The multipart body's Content-Type has no `boundary`.")
    return boundary.encode("latin-1", "replace")
