"""The time of `/super` compared with another version of it, both in this process and in turn.

    git worktree add ../before COMMIT
    python -m benchmarks.versions ../before/src [--photo FILE] [--size 1280x960] [--rounds 200]

Both get the same photos: the file's bytes for `/super` and for decoding, its pixels for the detector alone. The ratio
is of one thread's processor times in the same rounds, with a 95 % interval. The last line is JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import cv2

from benchmarks.photos import photo_arguments, photo_of
from benchmarks.timing import Estimate, in_turn, median, print_table, ratio, timed
from img_super.pipeline.decode import decode_image
from img_super.pipeline.pipeline import Pipeline

PACKAGE = "img_super"


class Version(NamedTuple):
    """What is compared; `open_photo` decodes as far as it takes to find the portrait."""

    pipeline: Pipeline
    open_photo: Callable[[bytes], object]


def version_in(source: Path) -> Version:
    """The package that lies in this folder; the modules of the one in use stay as they are."""
    ours = _forget()
    sys.path.insert(0, str(source))
    try:
        version = imported()
        if not Path(str(sys.modules[PACKAGE].__file__)).is_relative_to(source):
            sys.exit(f"There is no {PACKAGE} in {source}.")
        return version
    finally:
        sys.path.remove(str(source))
        _forget()
        sys.modules.update(ours)


def imported() -> Version:
    """The package as it is found now."""
    load, photo, limits = (
        importlib.import_module(f"{PACKAGE}.pipeline.{name}") for name in ("load", "photo", "decode_limits")
    )
    return Version(load.load_pipeline(), lambda data: photo.open_photo(data, limits.DecodeLimits()))


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
    """The whole of `/super`, then the decoding and the detector alone."""
    parser = photo_arguments(__doc__, size="1280x960")
    parser.add_argument("before", type=Path, help="the other version's src")
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photo = photo_of(arguments)
    image = decode_image(photo)
    versions = {"before": version_in(arguments.before.resolve()), "now": imported()}
    works: dict[str, dict[str, Callable[[], object]]] = {
        "super": {when: partial(version.pipeline.super, photo) for when, version in versions.items()},
        "decoding": {when: partial(version.open_photo, photo) for when, version in versions.items()},
        "detector": {
            when: partial(version.pipeline.quick_detector.detect, image) for when, version in versions.items()
        },
    }
    rows = {what: compared(work, arguments.rounds) for what, work in works.items()}
    cells = [(what, *row.values()) for what, row in rows.items()]
    print_table(f"{arguments.size}, one document", ("what", "ms before", "ms now", "now / before"), cells)
    print(json.dumps({what: {name: told.as_json() for name, told in row.items()} for what, row in rows.items()}))


if __name__ == "__main__":
    main()
