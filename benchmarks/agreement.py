"""Does the fast path of `/super` agree with the precise one? Measured on every photo in your folders.

    python -m benchmarks.agreement FOLDER... [--limit N] [--detector fast]

Precise: full decoding, YuNet in four rotations, then the refinement shared by all detectors of `/super`. Fast: as in
`/super`. For comparison: YuNet's box without the refinement, as `/super` used it before, and the precise face shifted
by one pixel. Prints how often `reco` agrees (Wilson interval), and the score differences, including photos on which
two ways choose different faces. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.photos import photos_in
from benchmarks.timing import print_table
from img_super.cli.pipeline import pipeline_for
from img_super.detector.yunet import YuNetDetector
from img_super.domain import Box, Detection, RgbImage
from img_super.errors import InputError
from img_super.pipeline.crop import crop_box, crop_portrait, resize_to_input
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import DetectorName, load_quick_detector
from img_super.pipeline.pipeline import Pipeline, SuperResult

ONE_PIXEL, FAST, UNSETTLED = "precise, one pixel further right", "fast", "four rotations, no look after"
MISSED, OTHER_FACE = "found by one way alone", "another face"
_SAME_FACE_IOU = 0.3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scores of one photo, and whether they are of the same face."""

    precise: float
    other: float
    same_face: bool = True


def main() -> None:
    """Print a row for the fast way and one for the shifted precise one, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="so many photos of each folder, spread evenly")
    parser.add_argument("--detector", default="fast", help="who finds the portrait the fast way: fast or precise")
    arguments = parser.parse_args()
    fast, _ = pipeline_for(detector=arguments.detector)
    yunet = AskedOnce(YuNetDetector())
    precise = Pipeline(load_quick_detector(yunet, DetectorName.PRECISE), fast.validator)
    others = {FAST: fast, UNSETTLED: Pipeline(yunet, fast.validator)}
    rows = [row for folder in arguments.folders for row in agreement(precise, others, folder, arguments.limit)]
    columns = ("folder", "way", "photos", "same reco", "median difference", "p99", OTHER_FACE, MISSED)
    print_table("Beside the precise way", columns, [[row[name] for name in columns] for row in rows])
    print(json.dumps({"benchmark": "agreement", "rows": rows}))


class AskedOnce:
    """Caches a detector's result for the last image, which two ways start from."""

    def __init__(self, detector: YuNetDetector) -> None:
        self.identity = detector.identity
        self._detector = detector
        self._last: tuple[RgbImage, Detection | None] | None = None

    def detect(self, image: RgbImage) -> Detection | None:
        if self._last is None or self._last[0] is not image:
            self._last = image, self._detector.detect(image)
        return self._last[1]


def agreement(
    precise: Pipeline, others: Mapping[str, Pipeline], folder: Path, limit: int | None
) -> Iterator[dict[str, Any]]:
    """The comparisons on one folder."""
    photos = spread(photos_in(folder), limit)
    seen: dict[str, list[Pair]] = {name: [] for name in (*others, ONE_PIXEL)}
    missed = dict.fromkeys(seen, 0)
    for path in track(photos, description=folder.name):
        data = path.read_bytes()
        try:
            image = decode_image(data)
        except InputError:
            continue
        one = judged(precise, image)
        for name, way in others.items():
            other = judged(way, data if name == FAST else image)
            missed[name] += (one is None) != (other is None)
            seen[name] += [pair_of(one, other)] if one and other else []
        if one:
            seen[ONE_PIXEL].append(Pair(one.decision.score, shifted_score(precise, image, one)))
    for name, pairs in seen.items():
        yield {"folder": folder.name, "way": name, **compared(pairs, precise.policy.threshold), MISSED: missed[name]}


def pair_of(one: SuperResult, other: SuperResult) -> Pair:
    """The scores of two answers to one photo."""
    boxes = one.detection.portrait.box, other.detection.portrait.box
    return Pair(one.decision.score, other.decision.score, boxes[0].iou(boxes[1]) >= _SAME_FACE_IOU)


def judged(pipeline: Pipeline, photo: bytes | RgbImage) -> SuperResult | None:
    """The answer, or None without one."""
    try:
        return pipeline.super(photo)
    except InputError:
        return None


def shifted_score(pipeline: Pipeline, image: RgbImage, result: SuperResult) -> float:
    """The score of the same portrait, cropped one pixel further right."""
    face = result.detection.portrait.box
    moved = Box(face.x_min + 1, face.y_min, face.x_max + 1, face.y_max)
    if crop_box(moved).clipped((image.shape[1], image.shape[0])).area == 0:
        return result.decision.score
    crop = crop_portrait(image, moved, result.detection.rotation)
    return pipeline.validator.validate(resize_to_input(crop, pipeline.validator.card.input_side_px)).score


def compared(pairs: Sequence[Pair], threshold: float) -> dict[str, Any]:
    """The share with equal `reco`, and the score differences."""
    if not pairs:
        return {"photos": 0, "same reco": "", "median difference": None, "p99": None, OTHER_FACE: 0}
    same = [(pair.precise >= threshold) == (pair.other >= threshold) for pair in pairs]
    apart = np.abs([pair.precise - pair.other for pair in pairs])
    low, high = wilson(sum(same), len(same))
    return {
        "photos": len(pairs),
        "same reco": f"{np.mean(same):.4f} ({low:.4f} to {high:.4f})",
        "median difference": round(float(np.median(apart)), 5),
        "p99": round(float(np.quantile(apart, 0.99)), 4),
        OTHER_FACE: sum(not pair.same_face for pair in pairs),
    }


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, "Probable inference", 1927)."""
    share, spread_ = hits / trials, z * z / trials
    middle = (share + spread_ / 2) / (1 + spread_)
    half = z * sqrt(share * (1 - share) / trials + spread_ / (4 * trials)) / (1 + spread_)
    return max(0.0, middle - half), min(1.0, middle + half)


def spread(photos: Sequence[Path], limit: int | None) -> list[Path]:
    """At most this many, evenly spread."""
    if limit is None or len(photos) <= limit:
        return list(photos)
    return [photos[round(at)] for at in np.linspace(0, len(photos) - 1, limit)]


if __name__ == "__main__":
    main()
