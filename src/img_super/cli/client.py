"""`img-super client`: let a running service answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from img_super.cli.answers import Ask, Body, Reply, Telling, answer_all
from img_super.cli.exits import give_up
from img_super.cli.options import DrawFolder, JsonLines, Photos, WithEvidence

if TYPE_CHECKING:
    from httpx2 import Client, Response

_TRIES: Final = 5
_BUSY: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_LONGEST_WAIT_S: Final = 10.0


def client(
    photos: Photos,
    url: Annotated[str, typer.Option(help="Address of the service.")] = "http://127.0.0.1:8080",
    face: Annotated[bool, typer.Option("--face", help="Ask /face instead of /super.")] = False,
    json: JsonLines = False,
    draw: DrawFolder = None,
    evidence: WithEvidence = False,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Requests sent at once.")] = 4,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 60,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:VALUE",
            help="Header to send; repeatable. @FILE reads headers from a file: keep keys off the command line.",
        ),
    ] = None,
) -> None:
    """Send photos to a running service and show its answers.

    \b
      img-super client document.jpg
      img-super client --url https://kyc.example.org --json *.jpg
      img-super client --face --draw looked-at/ *.jpg
      img-super client --header @key.txt document.jpg    # X-API-Key: ...

    Retries a busy service after the time it names. Exits with 0, 1 or 3 as
    `super` does, with 4 when the service cannot be reached.
    """
    import httpx2

    url = url if "://" in url else f"http://{url}"
    parameters = {"evidence": "true"} if (evidence or draw is not None) and not face else {}
    try:
        with httpx2.Client(base_url=url, timeout=timeout_s, headers=_headers(header)) as connection:
            connection.get("/health/live")
            ask = _asker(connection, "/face" if face else "/super", parameters)
            code = answer_all(photos, ask, Telling(json, draw, evidence, judged=not face), at_once)
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise give_up(f"No service answers at {url}: {error or type(error).__name__}.") from error
    raise typer.Exit(code)


def _asker(connection: Client, address: str, parameters: dict[str, str]) -> Ask:
    import httpx2

    def ask(data: bytes) -> Reply:
        # Files have names, and a name of a document's photo is often that of a person: it stays here.
        files = {"image": ("photo", data, "application/octet-stream")}
        try:
            return _reply(_post_patiently(lambda: connection.post(address, params=parameters, files=files)))
        except httpx2.TransportError as error:
            detail = f"{error or type(error).__name__}."
            return Reply(problem={"code": "no_answer", "title": "The service did not answer", "detail": detail})

    return ask


def _post_patiently(post: Callable[[], Response]) -> Response:
    """Post again as long as the service is busy, or the caller too fast, and it says when that will end."""
    for _ in range(_TRIES - 1):
        response = post()
        wait_s = response.headers.get("retry-after", "")
        if response.status_code not in _BUSY or not wait_s.isdecimal():
            return response
        time.sleep(min(float(wait_s), _LONGEST_WAIT_S))
    return post()


def _reply(response: Response) -> Reply:
    """What the service said; a proxy in between may say something that is no JSON."""
    try:
        body: Body = response.json()
    except ValueError:
        body = {}
    if response.is_success and body:
        return Reply(body)
    problem = {name: body[name] for name in ("code", "title", "detail") if name in body}
    default = {
        "code": f"http_{response.status_code}",
        "title": response.reason_phrase,
        "detail": "No details were given.",
    }
    return Reply(problem=default | problem)


def _headers(lines: list[str] | None) -> dict[str, str]:
    headers = {}
    for line in _header_lines(lines or []):
        name, colon, value = line.partition(":")
        if not colon:
            raise typer.BadParameter("a header is NAME:VALUE", param_hint="--header")
        headers[name.strip()] = value.strip()
    return headers


def _header_lines(headers: list[str]) -> Iterator[str]:
    for header in headers:
        if not header.startswith("@"):
            yield header
            continue
        try:
            lines = Path(header[1:]).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise typer.BadParameter(f"{header[1:]}: {error.strerror}", param_hint="--header") from error
        yield from (line for line in lines if line.strip())
