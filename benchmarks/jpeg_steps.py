"""The cost of searching a baseline JPEG for lost data, with and without in turn.

    python -m benchmarks.jpeg_steps [--rounds 200]

The ratio is of processor times of the same rounds, with a 95 % interval. Other load evicts the processor's caches,
which makes the search several times more expensive: measure on an idle machine. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from unittest.mock import patch

import cv2

from benchmarks.photos import GRAIN, SAMPLE, photo_at
from benchmarks.timing import Estimate, Measure, in_turn, print_table, ratio, timed
from img_super.pipeline import reduced_jpeg
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.jpeg_steps import has_step

SIZES = ((4000, 3000), (1920, 1440), (1280, 960), (800, 600))


def decoding(data: bytes, look: Callable[..., bool]) -> Measure:
    """The fast way of a JPEG with this look for lost data; what it takes to exchange it is not counted."""
    measure = timed(partial(reduced_jpeg.reduced_jpeg, data, DecodeLimits()))

    def measure_with_look() -> tuple[float, float]:
        with patch.object(reduced_jpeg, "has_step", look):
            return measure()

    return measure_with_look


def measured(data: bytes, rounds: int) -> tuple[Estimate, float]:
    """How many times as long it takes with the look, and the milliseconds without it."""
    taken = in_turn({"without": decoding(data, lambda *_: False), "with": decoding(data, has_step)}, rounds)
    before, after = taken["without"].processor_ms, taken["with"].processor_ms
    return ratio(after, before), float(before.mean())


def main() -> None:
    """The sample with a sensor's grain, at every size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    found = {"{}x{}".format(*wh): measured(photo_at(SAMPLE, *wh, grain=GRAIN), rounds) for wh in SIZES}
    rows = [(size, f"{before:.2f}", taken) for size, (taken, before) in found.items()]
    print_table("decoding of a baseline JPEG", ("size", "ms without", "with / without"), rows)
    print(json.dumps({size: taken.as_json() for size, (taken, _) in found.items()}))


if __name__ == "__main__":
    main()
