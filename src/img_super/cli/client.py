"""`img-super client`: ask a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img_super.cli.answers import Ask, Reply, Telling, answer_all, problem_of
from img_super.cli.exits import give_up
from img_super.cli.options import DrawFolder, JsonLines, Photos, WithEvidence
from img_super.errors import RequestError

if TYPE_CHECKING:
    from img_super.client import Client


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
    from img_super.client import Client, NoAnswer

    url = url if "://" in url else f"http://{url}"
    address, with_evidence = ("/face", False) if face else ("/super", evidence or draw is not None)
    try:
        with Client(url, timeout_s=timeout_s, headers=_headers(header)) as service:
            service.check()
            ask = _asker(service, address, with_evidence)
            code = answer_all(photos, ask, Telling(json, draw, evidence, judged=not face), at_once)
    except NoAnswer as error:
        raise give_up(f"No service answers at {url}: {error}") from error
    raise typer.Exit(code)


def _asker(service: Client, address: str, evidence: bool) -> Ask:
    from img_super.client import LocatedPortrait, NoAnswer, PhotoAnswer, typed

    def ask(data: bytes) -> Reply:
        """The raw JSON, including a newer service's fields; missing or invalid ones are a problem."""
        try:
            body = service.post(address, data, evidence=evidence)
            typed(body, LocatedPortrait if address == "/face" else PhotoAnswer)
            return Reply(body)
        except RequestError as error:
            return problem_of(error)
        except NoAnswer as error:
            return Reply(problem={"code": "no_answer", "title": "The service did not answer", "detail": str(error)})

    return ask


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
