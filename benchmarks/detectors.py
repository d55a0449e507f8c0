"""Times the detectors on one core in the same rounds, and the parts of the fast one.

    python -m benchmarks.detectors FOLDER [--rounds N] [--side 1280]

FOLDER contains photos; each is reduced to a long side of `--side` pixels, and shown in all four rotations. Prints the
processor time of one thread; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from benchmarks.agreement import spread
from benchmarks.photos import photos_in
from benchmarks.timing import Measure, in_turn, median, print_table, ratio, timed
from img_super.detector.face_refiner import FaceRefiner
from img_super.detector.letterbox import letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import FloatBox, read_candidates
from img_super.detector.pyramid import Pyramid
from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, RgbImage
from img_super.model_card import DetectorCard, read_card_as, read_weights
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import SHIPPED_DETECTOR, DetectorName, load_quick_detector
from img_super.turn import turn

T = TypeVar("T")

FOUR_ROTATIONS, FAST = "YuNet in four rotations", "fast detector, all of it"


def main() -> None:
    """Print a row for each detector and each part, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--side", type=int, default=1280)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    files = spread(photos_in(arguments.folder), 25)
    photos = [reduced(decode_image(file.read_bytes()), arguments.side) for file in files]
    taken = in_turn(measures([turn(photo, rotation) for rotation in ROTATIONS for photo in photos]), arguments.rounds)
    medians = {name: median(times.processor_ms) for name, times in taken.items()}
    times_faster = ratio(taken[FOUR_ROTATIONS].processor_ms, taken[FAST].processor_ms)
    print_table(
        f"Long side {arguments.side} px, processor milliseconds of one thread",
        ("work", "p50 (95 %)", "least", "p90"),
        [
            (name, estimate, *(f"{np.quantile(taken[name].processor_ms, share):.2f}" for share in (0, 0.9)))
            for name, estimate in medians.items()
        ],
    )
    print(f"fast is {times_faster} times as fast")
    rows = {name: estimate.as_json() for name, estimate in medians.items()}
    print(json.dumps({"benchmark": "detectors", "processor_ms": rows, "times_faster": times_faster.as_json()}))


def reduced(image: RgbImage, side_px: int) -> RgbImage:
    """As large as an overview is when a JPEG was decoded."""
    scale = min(1.0, side_px / max(image.shape[:2]))
    wh = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return cv2.resize(image, wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def measures(photos: Sequence[RgbImage]) -> dict[str, Measure]:
    """Both detectors and the fast one's parts; each goes through the photos by itself."""
    card = read_card_as(DetectorCard, SHIPPED_DETECTOR)
    network = LiteRtDetectionNetwork(read_weights(SHIPPED_DETECTOR, card, "litert"))
    finder = FaceRefiner(read_weights(SHIPPED_DETECTOR, card, "yunet"))
    precise = YuNetDetector()
    fast = load_quick_detector(precise, DetectorName.FAST)
    small = [letterbox(Pyramid(photo), card.input_wh) for photo in photos]
    found = [(photo, seen) for photo in photos if (seen := fast.detect(photo))]
    return {
        FOUR_ROTATIONS: over(precise.detect, photos),
        FAST: over(fast.detect, photos),
        "letterbox": over(lambda photo: letterbox(Pyramid(photo), card.input_wh), photos),
        "one pass": over(lambda one: network.run(one.pixels), small),
        "reading its answer": over(read_candidates, [network.run(one.pixels) for one in small]),
        "one look of YuNet": over(
            lambda one: finder.find(Pyramid(one[0]), FloatBox.of(one[1].portrait.box), one[1].rotation), found
        ),
    }


def over(work: Callable[[T], object], items: Sequence[T]) -> Measure:
    """Measures the work on the next item, again and again."""
    each = cycle([timed(partial(work, item)) for item in items])

    def measure() -> tuple[float, float]:
        return next(each)()

    return measure


if __name__ == "__main__":
    main()
