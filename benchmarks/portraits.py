"""Which face is taken for the portrait, and where no document is seen.

    python -m benchmarks.portraits DATA [--only ghosts owner] [--every N] [--routes]
    python -m benchmarks.portraits DATA --fit

DATA holds `portraits-cc0`, `portraits-gan`, `card-designs-docxpand`, `backgrounds`, `real-captures` and `real-bases`.
Photos of documents with ghosts, of two documents, of both sides of one and of owners with their cards are composed
(`benchmarks.composed`), of people and designs that `--fit` has not seen, but for the people of `ghosts-all`; real
captures are seen in four turns. With `--routes`, `/face` is asked for the same photo, and both must mean one face; that
takes ten times as long. `--fit` prints `detector.standing.DOCUMENT`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cv2
from rich.progress import track

from benchmarks.composed import Composed, Half
from benchmarks.portrait_photos import KINDS, Photos
from benchmarks.portrait_weights import fit
from benchmarks.timing import print_table
from img_super.domain import Box, Detection
from img_super.errors import FaceTooSmall, NoFace
from img_super.lab.evaluation.detection import FOUND_IOU
from img_super.pipeline.load import load_pipeline
from img_super.pipeline.pipeline import Pipeline

SURELY_JUDGED: Final = 1.3
"""Times the size from which a portrait is judged: the routes' boxes are not equally large."""


@dataclass
class Tally:
    """What became of photos of one kind; shares are of all photos.

    Attributes:
        found: a face was answered.
        right: the answer is one of the portraits.
        every: every document's portrait is among the answers.
        too_many: a document was answered that is none.
        no_document: a face without a document around it was answered: no verdict.
        other_face: `/face` or `/super` means a portrait that the other one does not.
    """

    photos: int = 0
    found: int = 0
    right: int = 0
    every: int = 0
    too_many: int = 0
    no_document: int = 0
    other_face: int = 0

    def add(self, seen: Detection | None, portraits: tuple[Box, ...]) -> None:
        """Count what the detector of `/super` found in a photo."""
        answers = [] if seen is None else [seen, *seen.elsewhere]
        hits = [any(means(answer, portrait) for answer in answers) for portrait in portraits]
        self.photos += 1
        self.found += bool(answers)
        self.right += bool(answers) and any(means(answers[0], portrait) for portrait in portraits)
        self.every += bool(hits) and all(hits)
        self.too_many += any(not any(means(one, portrait) for portrait in portraits) for one in answers[1:])
        self.no_document += bool(seen and seen.no_document)


def means(answer: Detection, portrait: Box) -> bool:
    """Whether this face is that portrait's, which may be told by its photo's box."""
    return portrait.contains(*answer.portrait.box.centre_xy)


def main() -> None:
    """Print a row for each kind of photo, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--every", type=int, default=1, help="look at every n-th photo only")
    parser.add_argument("--routes", action="store_true", help="ask `/face`, too")
    parser.add_argument("--fit", action="store_true", help="print weights instead")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if asked.fit:
        print(json.dumps(fit(asked.data, asked.every), indent=1))
        return
    pipeline = load_pipeline()
    photos = {kind: KINDS[kind](asked.data, Half.REPORTED) for kind in asked.only}
    rows = {kind: tally(pipeline, photos[kind], asked.every, asked.routes, kind) for kind in photos}
    columns = ("kind", *asdict(Tally()))
    print_table("Portraits", columns, [(kind, *map(str, asdict(row).values())) for kind, row in rows.items()])
    print(json.dumps({"benchmark": "portraits", "rows": {kind: asdict(row) for kind, row in rows.items()}}))


def tally(pipeline: Pipeline, photos: Photos, every: int, routes: bool, kind: str) -> Tally:
    """Look at photos of one kind."""
    counted = Tally()
    for number, compose in enumerate(track(photos, description=kind)):
        if number % every == 0:
            photo = compose()
            counted.add(pipeline.quick_detector.detect(photo.image), photo.portraits)
            counted.other_face += routes and other_face(pipeline, photo)
    return counted


def other_face(pipeline: Pipeline, photo: Composed) -> bool:
    """Whether a route means a portrait that the other one does not, or one alone finds a face."""
    try:
        look = pipeline.look(photo.image)
    except FaceTooSmall:
        return False
    except NoFace:
        return pipeline.detector.detect(photo.image) is not None
    found = pipeline.face(photo.image)
    judged = [each.detection.portrait.box for each in (look, *look.others)]
    portraits = [each.portrait.box for each in (found, *found.elsewhere)]
    large = [
        box for box in portraits if min(box.width, box.height) > SURELY_JUDGED * pipeline.validator.card.min_face_px
    ]
    return not (_among(judged, portraits) and _among(large, judged))


def _among(boxes: Sequence[Box], others: Sequence[Box]) -> bool:
    return all(any(box.iou(other) >= FOUND_IOU for other in others) for box in boxes)


if __name__ == "__main__":
    main()
