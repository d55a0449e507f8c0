"""A client of the service: photos in, typed answers out, and the service's errors as this package's exceptions.

from pathlib import Path
from img_super import Client

with Client("https://kyc.example.org", key="...") as client:
    print(client.super(Path("document.jpg")).verdict)
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2
import msgspec

from img_super.domain import Box, ModelIdentity, Rotation, Verdict
from img_super.errors import ImgSuperError, RequestError, input_errors, service_errors

T = TypeVar("T")

_BUSY: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_MOST_BYTES: Final = 16 * 2**20
"""Per answer; 64 photos with heat maps take far fewer."""
_MOST_DIGITS: Final = 9
"""Digits of `Retry-After`; Python refuses to parse very long numbers."""

_ERRORS: Final = {error.code: error for error in (*input_errors(), *service_errors())}


class NoAnswer(ImgSuperError):
    """The service cannot be reached, or its answer was cut off, late or too long."""


class OtherProblem(RequestError):
    """An error without an exception of its own: from a newer service, or from a proxy."""

    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title


class _Details(msgspec.Struct, frozen=True):
    """An error as the service reports it (RFC 9457)."""

    code: str
    title: str = "The request failed"
    detail: str = "No details were given."

    def as_error(self, retry_after_s: int | None = None) -> RequestError:
        known = _ERRORS.get(self.code)
        return known(self.detail, retry_after_s) if known else OtherProblem(self.code, self.title, self.detail)


# What is answered ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocatedFace(Box):
    """A face's box and how sure the detection network is of it."""

    confidence: float


@dataclass(frozen=True, slots=True)
class LocatedPortrait(LocatedFace):
    """The answer of `/face`: the portrait's face, and every face, the portrait first."""

    faces: list[LocatedFace]
    rotation: Rotation
    portraits: list[LocatedFace] = field(default_factory=list)
    outside: list[LocatedFace] = field(default_factory=list)


class Remark(msgspec.Struct, frozen=True):
    """The reason for a verdict, or what makes it less certain."""

    code: str
    detail: str


class JudgedPortrait(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one document of a photo. Boxes are in pixels of the photo as displayed."""

    score: float
    verdict: Verdict
    coord: Box
    quality: list[Remark]
    reasons: list[Remark]


class DocumentAnswer(JudgedPortrait, frozen=True, kw_only=True):
    """One document of a photo; None where the networks could not tell."""

    ghosts: list[LocatedFace]
    rotation: Rotation
    portrait: Box | None = None
    quad: list[tuple[float, float]] | None = None
    box: Box | None = None


class HeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """Where the superimposition shows: a PNG as a `data:` URL, which covers the square `coord`."""

    heat_map: str
    coord: Box
    faces: list[LocatedFace]
    rotation: Rotation


class PhotoAnswer(JudgedPortrait, frozen=True, kw_only=True):
    """The answer of `/super`: act on `verdict`. It is that of the photo's most suspicious document."""

    reco: str
    threshold: float
    model: ModelIdentity
    documents: list[DocumentAnswer]
    outside: list[LocatedFace] = []
    evidence: HeatMap | None = None
    probability: float | None = None
    judgement_id: str | None = None


class _Item(msgspec.Struct, frozen=True):
    answer: PhotoAnswer | None = None
    problem: _Details | None = None

    def result(self) -> PhotoAnswer | RequestError:
        return self.answer or (self.problem or _Details("unexpected_answer")).as_error()


class _Items(msgspec.Struct, frozen=True):
    items: list[_Item]


# Who asks -----------------------------------------------------------------------------------------------------------


class Client:
    """Asks a running service. Safe to share between threads; close it, or use it in a `with` statement.

    A photo is the bytes of its file, or its path; the file's name is not sent. Every call raises `RequestError`, with
    the `code` of the service's answer (`NoFace`, `KeyRefused`, ...), or `NoAnswer`.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        *,
        timeout_s: float = 60,
        tries: int = 5,
        max_wait_s: float = 10,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """
        Args:
            url: the service's base URL, including the path prefix of a proxy.
            key: an API key, if the service requires one.
            timeout_s: how long to wait for the next bytes of an answer.
            tries: how many times to send a photo while the service is busy (503) or limits requests (429).
            max_wait_s: upper bound for the wait between tries, which is what `Retry-After` asks for.
            headers: additional headers.
        """
        # No decompression: a few kilobytes may become gigabytes.
        authorization = {"Authorization": f"Bearer {key.strip()}"} if key else {}
        sent = {**(headers or {}), **authorization, "Accept-Encoding": "identity"}
        _check_headers(sent)
        try:
            self._http = httpx2.Client(base_url=url, timeout=timeout_s, headers=sent)
        except httpx2.InvalidURL as error:
            raise NoAnswer(f"{error}.") from error
        self._tries = tries
        self._max_wait_s = max_wait_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def face(self, photo: bytes | Path) -> LocatedPortrait:
        """Find the portrait."""
        return typed(self.post("/face", photo), LocatedPortrait)

    def super(self, photo: bytes | Path, evidence: bool = False) -> PhotoAnswer:
        """Judge the portrait; with `evidence`, also show where it was superimposed."""
        return typed(self.post("/super", photo, evidence=evidence), PhotoAnswer)

    def super_batch(self, photos: Iterable[bytes | Path], evidence: bool = False) -> list[PhotoAnswer | RequestError]:
        """Judge several photos in one request; returns each one's answer or error, in order."""
        answer = typed(self.post("/super/batch", *photos, evidence=evidence), _Items)
        return [item.result() for item in answer.items]

    def check(self) -> None:
        """Raises `NoAnswer` if no service can be reached."""
        self._send("GET", "/health/live")

    def post(self, address: str, *photos: bytes | Path, evidence: bool = False) -> dict[str, Any]:
        """The service's raw JSON, including fields unknown to this version."""
        # A photo's file name is often a person's name, so it is not sent.
        files = [("image", ("photo", _bytes_of(photo), "application/octet-stream")) for photo in photos]
        parameters = {"evidence": "true"} if evidence else {}
        for _ in range(self._tries - 1):
            response = self._send("POST", address, params=parameters, files=files)
            wait_s = _retry_after_s(response)
            if response.status_code not in _BUSY or wait_s is None:
                return _body(response)
            time.sleep(min(wait_s, self._max_wait_s))
        return _body(self._send("POST", address, params=parameters, files=files))

    def _send(self, method: str, address: str, **given: Any) -> httpx2.Response:
        try:
            with self._http.stream(method, address, **given) as response:
                return _whole(response)
        except httpx2.RequestError as error:
            raise NoAnswer(f"{str(error) or type(error).__name__}.") from error


def _whole(response: httpx2.Response) -> httpx2.Response:
    """The response with its body. Raises `NoAnswer`: it is too long, or compressed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NoAnswer("The answer is compressed, which was not asked for.")
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > _MOST_BYTES:
            raise NoAnswer(f"The answer is longer than {_MOST_BYTES >> 20} MiB.")
    return httpx2.Response(response.status_code, headers=response.headers, content=bytes(content))


def _check_headers(headers: Mapping[str, str]) -> None:
    """Raises `NoAnswer` without the value, which may be a key; the HTTP library would repeat it."""
    for name, value in headers.items():
        if not (value.isascii() and value.replace("\t", " ").isprintable()):
            raise NoAnswer(f"The header {name!r} has characters that cannot be sent.")


def _bytes_of(photo: bytes | Path) -> bytes:
    return photo if isinstance(photo, bytes) else photo.read_bytes()


def _retry_after_s(response: httpx2.Response) -> int | None:
    said = response.headers.get("retry-after", "")
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else None


def _body(response: httpx2.Response) -> dict[str, Any]:
    """The service's answer. Raises `RequestError` for a problem, or for anything but JSON, as proxies may send."""
    try:
        if response.is_success:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        details = msgspec.json.decode(response.content, type=_Details)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        details = _Details(f"http_{response.status_code}", response.reason_phrase)
    raise details.as_error(_retry_after_s(response))


def typed(body: dict[str, Any], kind: type[T]) -> T:
    """Convert an answer to one of the types above. Raises `OtherProblem` if it does not match."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise OtherProblem("unexpected_answer", "The answer is not this service's", f"{error}.") from error
