"""Shared by `face`, `super` and `client`: photos in, answers out, as a table, JSON lines or pictures."""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from img_super.cli.exits import Exit, exit_for
from img_super.domain import Box, FloatMap, Verdict
from img_super.drawing import Marks, draw
from img_super.errors import BrokenImage, InputError
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder import decode_apart
from img_super.sources.names import printable, visible

Body: TypeAlias = dict[str, Any]
"""An answer's JSON, as the service returns it."""

Ask: TypeAlias = Callable[[bytes], "Reply"]

STDIN: Final = "-"
_JUDGED_HEADS: Final = ("photo", "verdict", "score", "portrait", "remarks")
_FOUND_HEADS: Final = ("photo", "portrait", "faces", "turn")
_TOLD_BY_THE_SCORE: Final = frozenset({"score_high", "score_between", "score_low"})
_MOST_MAP_PIXELS: Final = 1 << 20
_STYLES: Final = {"attack": "bold red", "undetermined": "yellow", "bona_fide": "green"}


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one photo: a body, or a problem with `code`, `title` and `detail`."""

    body: Body | None = None
    problem: Body | None = None

    def as_json(self, photo: str) -> Body:
        if self.body is None:
            return {"photo": photo, "error": self.problem}
        return {"photo": photo, **self.body}

    def without_evidence(self) -> Reply:
        body = None if self.body is None else {name: self.body[name] for name in self.body if name != "evidence"}
        return replace(self, body=body)


@dataclass(frozen=True, slots=True)
class Telling:
    """How answers are printed."""

    json: bool = False  # a line of JSON for each photo instead of a table
    draw: Path | None = None  # a folder for pictures with boxes and heat map
    evidence: bool = False  # whether to include the heat map
    judged: bool = True  # whether the answers are those of `/super`


def answer_all(photos: list[str], ask: Ask, telling: Telling, at_once: int) -> Exit:
    """Ask about every photo, several at once, and print the answers in the order of the photos."""
    artist = None if telling.draw is None else _Artist(telling.draw)

    def answer(photo: str) -> tuple[str, Reply]:
        return photo, _answer(photo, ask, artist, telling.evidence)

    with ThreadPoolExecutor(at_once) as threads:
        replies = threads.map(answer, photos)
        answers = list(_json_lines(replies) if telling.json else replies)
    if not telling.json:
        _print_table(answers, telling.judged)
    return _exit(reply for _, reply in answers)


def _answer(photo: str, ask: Ask, artist: _Artist | None, with_evidence: bool) -> Reply:
    try:
        data = sys.stdin.buffer.read() if photo == STDIN else Path(photo).read_bytes()
    except OSError as error:
        hint = "; use `img-super scan` for folders" if isinstance(error, IsADirectoryError) else ""
        return Reply(problem=_problem("unreadable_file", "The file cannot be read", f"{error.strerror}{hint}."))
    reply = ask(data)
    if artist is not None and reply.body is not None:
        try:
            artist.draw(photo, data, reply.body)
        except InputError as error:  # the photo, or the answer's heat map
            return problem_of(error)
    return reply if with_evidence else reply.without_evidence()


def _problem(code: str, title: str, detail: str) -> Body:
    return {"code": code, "title": title, "detail": detail}


def problem_of(error: Any) -> Reply:
    """The reply to a photo with an `InputError`."""
    return Reply(problem=_problem(error.code, error.title, error.detail))


def _exit(replies: Iterable[Reply]) -> Exit:
    bodies = [reply.body for reply in replies]
    verdicts = [body["verdict"] for body in bodies if body is not None and "verdict" in body]
    suspicious = sum(1 for verdict in verdicts if verdict != Verdict.BONA_FIDE.value)
    return exit_for(suspicious, sum(1 for body in bodies if body is None))


def _json_lines(replies: Iterable[tuple[str, Reply]]) -> Iterator[tuple[str, Reply]]:
    for photo, reply in replies:
        sys.stdout.write(json.dumps(reply.as_json(photo)) + "\n")
        sys.stdout.flush()
        yield photo, reply


# The table --------------------------------------------------------------------------------------------------------


def _print_table(answers: list[tuple[str, Reply]], judged: bool) -> None:
    heads = _JUDGED_HEADS if judged else _FOUND_HEADS
    table = Table(*heads, caption=_caption(answers))
    for photo, reply in answers:
        name = Text(printable(photo), overflow="fold")
        if reply.body is not None:
            cells = (_judged_cells if judged else _found_cells)(reply.body)
            table.add_row(name, *(Text(visible(text), style=_STYLES.get(text, "")) for text in cells))
        else:
            problem = reply.problem or {}
            remark = Text(visible(f"{problem.get('code')}: {problem.get('detail')}"), style="yellow")
            table.add_row(name, *[""] * (len(heads) - 2), remark)
    Console().print(table)


def _judged_cells(body: Body) -> list[str]:
    remarks = [f"{len(body['documents'])} documents."] if len(body["documents"]) > 1 else []
    remarks += [f"{faces}." for faces in _outside(body)]
    remarks += [remark["detail"] for remark in (*_reasons_besides_the_score(body), *body["quality"])]
    return [body["verdict"], f"{body['score']:.4f}", _corners(body["coord"]), " ".join(remarks)]


def _reasons_besides_the_score(body: Body) -> list[Body]:
    warned = {warning["code"] for warning in body["quality"]}
    return [reason for reason in body["reasons"] if reason["code"] not in warned | _TOLD_BY_THE_SCORE]


def _found_cells(body: Body) -> list[str]:
    return [_corners(body), ", ".join([str(len(body["faces"])), *_outside(body)]), f"{body['rotation']}°"]


def _outside(body: Body) -> Iterator[str]:
    count = len(body.get("outside", []))  # older services do not report them
    if count:
        yield f"{count} {'face' if count == 1 else 'faces'} outside of every document"


def _corners(box: Body) -> str:
    return f"{box['x_min']},{box['y_min']} to {box['x_max']},{box['y_max']}"


def _caption(answers: list[tuple[str, Reply]]) -> Text | None:
    body = next((reply.body for _, reply in answers if reply.body is not None and "model" in reply.body), None)
    if body is None:
        return None
    return Text(visible(f"{body['model']['name']} {body['model']['version']}, threshold {body['threshold']}"))


# The pictures -----------------------------------------------------------------------------------------------------


class _Artist:
    """Draws answers over their photos, into one folder. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._taken: set[str] = set()
        self._lock = Lock()

    def draw(self, photo: str, data: bytes, body: Body) -> None:
        """Save the photo with the marks of its answer as an upright JPEG without metadata."""
        picture = draw(decode_apart(data, DecodeLimits(pdf=True)), marks_of(body))
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
        self._free_path("stdin" if photo == STDIN else Path(photo).stem).write_bytes(jpeg.tobytes())

    def _free_path(self, stem: str) -> Path:
        """A name that is unique within this run; pictures of earlier runs are replaced."""
        with self._lock:
            name, number = stem, 1
            while name in self._taken:
                number += 1
                name = f"{stem}-{number}"
            self._taken.add(name)
        return self._folder / f"{name}.jpg"


def marks_of(body: Body) -> Marks:
    """The marks to draw for an answer of `/face` or `/super`."""
    if "faces" in body:
        return Marks(_box(body), tuple(_box(face) for face in body["faces"][1:]))
    marks = Marks(_box(body["coord"]), verdict=body["verdict"], text=f"{body['verdict']} {body['score']:.3f}")
    evidence = body.get("evidence")
    if evidence is None:
        return marks
    other_faces = tuple(_box(face) for face in evidence.get("faces", [])[1:])
    return replace(marks, others=other_faces, heat_map=_heat_map(evidence["heat_map"]), heated=_box(evidence["coord"]))


def _box(corners: Body) -> Box:
    return Box(corners["x_min"], corners["y_min"], corners["x_max"], corners["y_max"])


def _heat_map(data_url: str) -> FloatMap:
    """Raises `InputError` when the service sent no picture, or one far too large."""
    try:
        png = b64decode(data_url.partition(",")[2])
    except ValueError as error:
        raise BrokenImage("The heat map is not a picture.") from error
    return (decode_apart(png, DecodeLimits(max_pixels=_MOST_MAP_PIXELS))[:, :, 0] / 255).astype(np.float32)
