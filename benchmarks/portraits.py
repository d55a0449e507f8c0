"""Which face is taken for the portrait, and where no document is seen.

    python -m benchmarks.portraits DATA [--only ghosts owner] [--every N] [--routes] [--rows ROWS.jsonl]
    python -m benchmarks.portraits DATA --fit

DATA holds `portraits-cc0`, `portraits-gan`, `card-designs-docxpand`, `backgrounds`, `real-captures` and `real-bases`.
Photos of documents with ghosts, of two documents, of both sides of one and of owners with their cards are composed
(`benchmarks.composed`), of people and designs that `--fit` has not seen, but for the people of `ghosts-all`; real
captures are seen in four turns. With `--routes`, `/face` is asked for the same photo, and both must mean one face; that
takes ten times as long. With `--rows`, what becomes of each photo is kept in that file, and the same command goes on
where it was stopped. Photos come in a shuffled order, so that those of a stopped one are a fair sample of all. `--fit`
prints `detector.standing.DOCUMENT`. The last line is JSON: photos, and the 95 % interval of each share of them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from rich.progress import track

from benchmarks.agreement import wilson
from benchmarks.composed import Composed, Half
from benchmarks.portrait_photos import KINDS, SEED, Photos
from benchmarks.portrait_weights import fit
from benchmarks.timing import print_table
from img_super.domain import Box, Detection
from img_super.errors import FaceTooSmall, NoFace
from img_super.lab.evaluation.detection import FOUND_IOU
from img_super.pipeline.load import load_pipeline
from img_super.pipeline.pipeline import Pipeline

SURELY_JUDGED: Final = 1.3
"""Times the size from which a portrait is judged: the routes' boxes are not equally large."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one photo.

    Attributes:
        found: a face was answered.
        right: the answer is one of the portraits.
        every: every document's portrait is among the answers.
        too_many: a document was answered that is none.
        no_document: a face without a document around it was answered: no verdict.
        face_right: the answer of `/face` is one of the portraits; None where it was not asked.
        other_face: `/face` or `/super` means a portrait that the other one does not; None where it was not asked.
    """

    found: bool
    right: bool
    every: bool
    too_many: bool
    no_document: bool
    face_right: bool | None = None
    other_face: bool | None = None


class Rows:
    """What became of photos, by kind and number; kept in a file where one is named."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        lines = file.read_text().splitlines() if file and file.exists() else []
        rows = [json.loads(line) for line in lines]
        self._seen = {(row.pop("kind"), row.pop("number")): Seen(**row) for row in rows}

    def get(self, kind: str, number: int, routes: bool) -> Seen | None:
        """What is known; None where `/face` is to be asked and was not."""
        seen = self._seen.get((kind, number))
        return None if seen and routes and seen.other_face is None else seen

    def add(self, kind: str, number: int, seen: Seen) -> None:
        """Keep it at once: whoever measures may be stopped."""
        if self._file:
            with self._file.open("a") as file:
                file.write(json.dumps({"kind": kind, "number": number, **asdict(seen)}) + "\n")


def main() -> None:
    """Print a row for each kind of photo, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--every", type=int, default=1, help="look at every n-th photo only")
    parser.add_argument("--routes", action="store_true", help="ask `/face`, too")
    parser.add_argument("--rows", type=Path, help="what became of each photo; those in it are not looked at again")
    parser.add_argument("--fit", action="store_true", help="print weights instead")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if asked.fit:
        print(json.dumps(fit(asked.data, asked.every), indent=1))
        return
    pipeline, kept = load_pipeline(), Rows(asked.rows)
    photos = {kind: KINDS[kind](asked.data, Half.REPORTED) for kind in asked.only}
    rows = {kind: tally(look_at_all(pipeline, kept, photos[kind], asked, kind)) for kind in photos}
    columns = ("kind", "photos", *(field.name for field in fields(Seen)))
    print_table("Portraits", columns, [(kind, *map(_told, row.values())) for kind, row in rows.items()])
    print(json.dumps({"benchmark": "portraits", "rows": rows}))


def look_at_all(pipeline: Pipeline, kept: Rows, photos: Photos, asked: argparse.Namespace, kind: str) -> list[Seen]:
    """What becomes of photos of one kind, where it is not known yet."""
    compose = dict(list(enumerate(photos))[:: asked.every])
    order = np.random.default_rng(SEED).permutation(list(compose)).tolist()
    answers = []
    for number in track(order, description=kind):
        seen = kept.get(kind, number, asked.routes)
        if seen is None:
            seen = look_at(pipeline, compose[number](), asked.routes)
            kept.add(kind, number, seen)
        answers.append(seen)
    return answers


def look_at(pipeline: Pipeline, photo: Composed, routes: bool) -> Seen:
    """What the detector of `/super` finds in a photo, and whether both routes mean the same."""
    seen = pipeline.quick_detector.detect(photo.image)
    answers = [] if seen is None else [seen, *seen.elsewhere]
    hits = [any(means(answer, portrait) for answer in answers) for portrait in photo.portraits]
    told = Seen(
        found=bool(answers),
        right=bool(seen and is_right(seen, photo.portraits)),
        every=bool(hits) and all(hits),
        too_many=not all(is_right(answer, photo.portraits) for answer in answers[1:]),
        no_document=bool(seen and seen.no_document),
    )
    if not routes:
        return told
    by_face = asked_of_face(pipeline, photo)
    right = bool(by_face and is_right(by_face, photo.portraits))
    return replace(told, face_right=right, other_face=other_face(pipeline, photo, by_face))


def is_right(answer: Detection, portraits: Sequence[Box]) -> bool:
    """Whether this face is one of the portraits."""
    return any(means(answer, portrait) for portrait in portraits)


def means(answer: Detection, portrait: Box) -> bool:
    """Whether this face is that portrait's, which may be told by its photo's box."""
    return portrait.contains(*answer.portrait.box.centre_xy)


def asked_of_face(pipeline: Pipeline, photo: Composed) -> Detection | None:
    """What `/face` answers; None when it finds no face."""
    try:
        return pipeline.face(photo.image)
    except NoFace:
        return None


def other_face(pipeline: Pipeline, photo: Composed, by_face: Detection | None) -> bool:
    """Whether `/super` means a portrait that `/face` does not, or the other way round, or one alone finds a face."""
    try:
        look = pipeline.look(photo.image)
    except FaceTooSmall:
        return False
    except NoFace:
        return by_face is not None
    if by_face is None:
        return True
    judged = [each.detection.portrait.box for each in (look, *look.others)]
    portraits = [each.portrait.box for each in (by_face, *by_face.elsewhere)]
    large = [
        box for box in portraits if min(box.width, box.height) > SURELY_JUDGED * pipeline.validator.card.min_face_px
    ]
    return not (_among(judged, portraits) and _among(large, judged))


def _among(boxes: Sequence[Box], others: Sequence[Box]) -> bool:
    return all(any(box.iou(other) >= FOUND_IOU for other in others) for box in boxes)


def tally(answers: Sequence[Seen]) -> dict[str, tuple[float, ...] | int | None]:
    """How many photos; of each thing the photos where it is so, and the 95 % interval of their share."""
    rows: dict[str, tuple[float, ...] | int | None] = {"photos": len(answers)}
    for name in (field.name for field in fields(Seen)):
        known = [bool(value) for value in (getattr(seen, name) for seen in answers) if value is not None]
        shares = wilson(sum(known), len(known)) if known else ()
        rows[name] = (sum(known), *(round(share, 4) for share in shares)) if known else None
    return rows


def _told(value: tuple[float, ...] | int | None) -> str:
    if not isinstance(value, tuple):
        return "" if value is None else str(value)
    hits, low, high = value
    return f"{hits} ({100 * low:.1f}-{100 * high:.1f})"


if __name__ == "__main__":
    main()
