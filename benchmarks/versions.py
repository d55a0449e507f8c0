"""How long `/super` takes beside another version of it, both in this process and in turn.

    git worktree add ../before COMMIT
    python -m benchmarks.versions ../before/src [--photo FILE] [--size 1280x960] [--rounds 200]

Both get the same photos: the file's bytes for all of `/super`, its pixels for the detector alone. The ratio is of the
processor's time of one thread in the same rounds, with the bounds between which it lies with 95 %. The last line is
JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

import cv2

from benchmarks.photos import photo_arguments, photo_of
from benchmarks.timing import Estimate, in_turn, median, print_table, ratio, timed
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import load_pipeline
from img_super.pipeline.pipeline import Pipeline

PACKAGE = "img_super"


def pipeline_in(source: Path) -> Pipeline:
    """The pipeline of the package that lies in this folder; the modules of the one in use stay as they are."""
    ours = _forget()
    sys.path.insert(0, str(source))
    try:
        load = importlib.import_module(f"{PACKAGE}.pipeline.load")
        if not Path(str(load.__file__)).is_relative_to(source):
            sys.exit(f"There is no {PACKAGE} in {source}.")
        return cast("Pipeline", load.load_pipeline())
    finally:
        sys.path.remove(str(source))
        _forget()
        sys.modules.update(ours)


def _forget() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


def compared(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Estimate]:
    """What both take, in milliseconds, and how many times as long it takes now."""
    measured = in_turn({when: timed(work) for when, work in works.items()}, rounds)
    taken = {when: times.processor_ms for when, times in measured.items()}
    told = {f"{when}_ms": median(times) for when, times in taken.items()}
    return {**told, "now_over_before": ratio(taken["now"], taken["before"])}


def main() -> None:
    """The whole of `/super`, then the detector alone."""
    parser = photo_arguments(__doc__, size="1280x960")
    parser.add_argument("before", type=Path, help="the other version's src")
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photo = photo_of(arguments)
    image = decode_image(photo)
    pipelines = {"before": pipeline_in(arguments.before.resolve()), "now": load_pipeline()}
    rows = {
        "super": compared({when: partial(each.super, photo) for when, each in pipelines.items()}, arguments.rounds),
        "detector": compared(
            {when: partial(each.quick_detector.detect, image) for when, each in pipelines.items()}, arguments.rounds
        ),
    }
    cells = [(what, *row.values()) for what, row in rows.items()]
    print_table(f"{arguments.size}, one document", ("what", "ms before", "ms now", "now / before"), cells)
    print(json.dumps({what: {name: told.as_json() for name, told in row.items()} for what, row in rows.items()}))


if __name__ == "__main__":
    main()
