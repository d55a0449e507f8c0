"""`/super` from body to answer, compared with the lower limit of its cost and with other ways.

    python -m benchmarks.end_to_end [--photo FILE_OR_FOLDER] [--rounds N] [--only WAY,WAY] [--deepface PYTHON]
        [--detector fast]

Every way processes the same photo in every size once per round, and the next photo in the next round, so that ratios
hold on a busy machine. A row has the way's time, and its ratio to the limit, which is the sum of its parts and the
echo of the same body over HTTP. The last line is JSON.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.clients import Client, Request
from benchmarks.photos import GRAIN, photo_at, photos_at
from benchmarks.running_service import Service, running, running_service
from benchmarks.timing import Estimate, Measure, Taken, in_turn, median, print_table, processor_ms
from benchmarks.ways.way import started

KINDS = (
    ("1280x960 JPEG", 1280, 960, "JPEG"),
    ("1920x1080 JPEG", 1920, 1080, "JPEG"),
    ("4000x3000 JPEG", 4000, 3000, "JPEG"),
    ("1280x960 PNG", 1280, 960, "PNG"),
)
LIMIT_PARTS, ECHO, LIMIT = "limit without HTTP", "echo over HTTP", "limit"
OVER_HTTP, IN_PROCESS, TENSORFLOW = "over HTTP", "in process", "TensorFlow, in process"
OLD = {"mobilenet": "old system with MobileNet", "mtcnn": "old system with MTCNN"}

Take = Callable[["Sent"], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Sent:
    """One photo in the forms in which it goes the ways."""

    file: Path
    body: bytes

    @property
    def request(self) -> Request:
        return Request(self.body, "application/json")


@dataclass(frozen=True, slots=True)
class Kind:
    """All photos in one size and format."""

    name: str
    megapixels: float
    photos: Sequence[Sent]

    @property
    def body_bytes(self) -> int:
        return int(np.median([len(photo.body) for photo in self.photos]))

    def measured(self, take: Take) -> Measure:
        """Each call takes the next photo that way, twice; the second time counts.

        The way before it in the round has filled the caches with its own networks, as nobody does beside a service.
        """
        next_photo = cycle(self.photos)

        def measure() -> tuple[float, float]:
            photo = next(next_photo)
            take(photo)
            return take(photo)

        return measure


def main() -> None:
    """Print a table of times and one of ratios, then all of it as JSON."""
    arguments = parsed()
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector  # for every process that is started
    with TemporaryDirectory() as folder, ExitStack() as stack:
        kinds = list(made(photos_at(arguments.photo), Path(folder)))
        takes = {name: stack.enter_context(way) for name, way in ways(arguments.deepface) if chosen(name, arguments)}
        times = in_turn(
            {f"{way}|{kind.name}": kind.measured(take) for kind in kinds for way, take in takes.items()},
            arguments.rounds,
        )
    times |= {
        f"{LIMIT}|{kind.name}": times[f"{LIMIT_PARTS}|{kind.name}"] + times[f"{ECHO}|{kind.name}"]
        for kind in kinds
        if f"{LIMIT_PARTS}|{kind.name}" in times and f"{ECHO}|{kind.name}" in times
    }
    rows, each_ms = told(times, kinds), growth(times, kinds)
    for way, ms in each_ms.items():
        print(f"{way:>24}: {ms:6.2f} ms of the processor for each megapixel of a JPEG more")
    summary = {
        "detector": arguments.detector,
        "photos": len(kinds[0].photos),
        "rounds": arguments.rounds,
        "ms_a_megapixel": each_ms,
        "rows": rows,
    }
    print(json.dumps({"benchmark": "end_to_end", **summary}))


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, help="a photo, or a folder of photos; seven examples by default")
    parser.add_argument("--rounds", type=int, default=35)
    parser.add_argument("--only", default="", help="names of ways, or their beginnings, separated by commas")
    parser.add_argument("--deepface", help="the Python of an environment in which deepface is installed")
    parser.add_argument("--detector", default="fast", help="who finds the portrait: fast or precise")
    return parser.parse_args()


def chosen(name: str, arguments: argparse.Namespace) -> bool:
    """Whether the way was asked for; all are, when none was named."""
    return not arguments.only or name.startswith(tuple(arguments.only.split(",")))


def made(paths: Sequence[Path], folder: Path) -> Iterator[Kind]:
    """The photos in every size and format, with a sensor's grain, as files and as bodies."""
    for number, (name, width, height, image_format) in enumerate(KINDS):
        photos = [photo_at(path, width, height, GRAIN, image_format) for path in paths]
        files = [folder / f"{number}-{position}" for position in range(len(photos))]
        yield Kind(name, width * height / 1e6, [sent(*each, image_format) for each in zip(photos, files, strict=True)])


def sent(photo: bytes, file: Path, image_format: str) -> Sent:
    """The photo, written to the file, too."""
    file.write_bytes(photo)
    text = f"data:image/{image_format.lower()};base64,{base64.b64encode(photo).decode()}"
    return Sent(file, json.dumps({"image": text}).encode())


def ways(deepface: str | None) -> Iterator[tuple[str, Any]]:
    """Each way's name and what starts it."""
    yield OVER_HTTP, over_http()
    yield ECHO, echo_over_http()
    yield LIMIT_PARTS, in_child("limit")
    yield IN_PROCESS, in_child("ours")
    yield TENSORFLOW, in_child("ours", "tensorflow")
    yield OLD["mobilenet"], in_child("old_system", "mobilenet")
    if find_spec("mtcnn"):
        yield OLD["mtcnn"], in_child("old_system", "mtcnn")
    if deepface:
        yield "deepface OpenCV", in_child("deepface_faces", "opencv", python=deepface)
        yield "deepface YuNet", in_child("deepface_faces", "yunet", python=deepface)


@contextmanager
def over_http() -> Iterator[Take]:
    """The service with one thread, and one client that keeps its connection."""
    with running_service("--threads", "1", "--log-level", "error") as service:
        yield partial(post, service, Client(service))


@contextmanager
def echo_over_http() -> Iterator[Take]:
    """The same server and client with nothing behind it."""
    command = (sys.executable, "-m", "uvicorn", "benchmarks.ways.echo:app", "--no-access-log", "--log-level", "error")
    with running(command, "/") as service:
        yield partial(post, service, Client(service))


def post(service: Service, client: Client, photo: Sent) -> tuple[float, float]:
    """One request, and what the server's process took for it."""
    before_ms = processor_ms(service.process.pid)
    clock_ms = client.send(photo.request).answered_ms()
    return clock_ms, processor_ms(service.process.pid) - before_ms


@contextmanager
def in_child(module: str, *arguments: str, python: str = sys.executable) -> Iterator[Take]:
    """A way in a process of its own, without HTTP."""
    with started(module, *arguments, python=python) as way:
        yield lambda photo: way.take(photo.file)


def told(times: dict[str, Taken], kinds: list[Kind]) -> list[dict[str, Any]]:
    """Print a table for each kind of photo; a row for each way and kind."""
    rows = [
        row_of(times, key.partition("|")[0], kind) for kind in kinds for key in times if key.endswith(f"|{kind.name}")
    ]
    for kind in kinds:
        print_table(
            f"{kind.name}, {len(kind.photos)} photos, a body of {kind.body_bytes // 1000:,} kB",
            (
                "way",
                "p50 ms (95 %)",
                "p99 ms",
                "processor ms",
                "times the limit",
                "of processor",
                "times ours",
                "of processor",
            ),
            [
                (row["way"], row["p50_ms"], row["p99_ms"], row["processor_ms"], *(row[key] or "" for key in RATIOS))
                for row in rows
                if row["photo"] == kind.name
            ],
        )
    return [{key: as_json(value) for key, value in row.items()} for row in rows]


def growth(times: dict[str, Taken], kinds: list[Kind]) -> dict[str, float]:
    """What a megapixel more costs each way: the slope of a line through the JPEGs."""
    jpegs = [kind for kind in kinds if kind.name.endswith("JPEG")]
    megapixels = [kind.megapixels for kind in jpegs]
    slopes = {}
    for way in dict.fromkeys(key.partition("|")[0] for key in times):
        medians_ms = [np.median(times[f"{way}|{kind.name}"].processor_ms) for kind in jpegs]
        slopes[way] = round(float(np.polyfit(megapixels, medians_ms, 1)[0]), 2)
    return slopes


RATIOS = ("of_limit", "of_limit_processor", "of_ours", "of_ours_processor")


def row_of(times: dict[str, Taken], name: str, kind: Kind) -> dict[str, Any]:
    """One way of one kind of photo, compared with the limit and with ours over HTTP: the median of the rounds' ratios.

    The next round's photo is another one, so that medians of both would be of two different photos.
    """
    own = times[f"{name}|{kind.name}"]
    limit, ours = (times.get(f"{other}|{kind.name}") for other in (LIMIT, OVER_HTTP))
    return {
        "way": name,
        "photo": kind.name,
        "megapixels": kind.megapixels,
        "body_bytes": kind.body_bytes,
        "p50_ms": median(own.clock_ms),
        "p99_ms": round(float(np.quantile(own.clock_ms, 0.99)), 2),
        "processor_ms": median(own.processor_ms),
        "of_limit": median(own.clock_ms / limit.clock_ms) if limit else None,
        "of_limit_processor": median(own.processor_ms / limit.processor_ms) if limit else None,
        "of_ours": median(own.clock_ms / ours.clock_ms) if ours else None,
        "of_ours_processor": median(own.processor_ms / ours.processor_ms) if ours else None,
    }


def as_json(value: object) -> object:
    """An estimate as a list of three numbers; anything else as it is."""
    return value.as_json() if isinstance(value, Estimate) else value


if __name__ == "__main__":
    main()
