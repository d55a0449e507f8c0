"""Does the fast way of `/super` answer as the precise one? On every photo in one's folders.

    python -m benchmarks.agreement FOLDER... [--limit N] [--detector fast]

Precise: the photo decoded whole, YuNet in four rotations. Fast: as `/super` does it. Beside both stands how far the
score moves when the precise face is one pixel further right: nobody can ask more of the fast way. Prints how often
`reco` is the same (Wilson's interval), and the difference of the scores. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.timing import print_table
from img_super.cli.pipeline import pipeline_for
from img_super.detector.yunet import YuNetDetector
from img_super.domain import Box, RgbImage
from img_super.errors import InputError
from img_super.pipeline.crop import crop_box, crop_portrait, resize_to_input
from img_super.pipeline.decode import decode_image
from img_super.pipeline.pipeline import Pipeline, SuperResult

KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
ONE_PIXEL, FAST = "precise, one pixel further right", "fast"
MISSED = "found by one way alone"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scores of one photo."""

    precise: float
    other: float


def main() -> None:
    """Print a row for the fast way and one for the shifted precise one, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="so many photos of each folder, spread evenly")
    parser.add_argument("--detector", default="fast", help="who finds the portrait the fast way: fast or precise")
    arguments = parser.parse_args()
    fast, _ = pipeline_for(detector=arguments.detector)
    precise = Pipeline(YuNetDetector(), fast.validator)
    rows = [row for folder in arguments.folders for row in agreement(precise, fast, folder, arguments.limit)]
    columns = ("folder", "way", "photos", "same reco", "median difference", "p99", MISSED)
    print_table("Beside the precise way", columns, [[row[name] for name in columns] for row in rows])
    print(json.dumps({"benchmark": "agreement", "rows": rows}))


def agreement(precise: Pipeline, fast: Pipeline, folder: Path, limit: int | None) -> Iterator[dict[str, Any]]:
    """How both compare on one folder."""
    photos = spread(sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS), limit)
    moved, seen, missed = [], [], 0
    for path in track(photos, description=folder.name):
        data = path.read_bytes()
        try:
            image = decode_image(data)
        except InputError:
            continue
        one, other = judged(precise, image), judged(fast, data)
        missed += (one is None) != (other is None)
        if one and other:
            score = one.decision.score
            seen.append(Pair(score, other.decision.score))
            moved.append(Pair(score, shifted_score(precise, image, one)))
    threshold = precise.policy.threshold
    yield {"folder": folder.name, "way": FAST, **compared(seen, threshold), MISSED: missed}
    yield {"folder": folder.name, "way": ONE_PIXEL, **compared(moved, threshold), MISSED: 0}


def judged(pipeline: Pipeline, photo: bytes | RgbImage) -> SuperResult | None:
    """The answer, or None where there is none."""
    try:
        return pipeline.super(photo)
    except InputError:
        return None


def shifted_score(pipeline: Pipeline, image: RgbImage, result: SuperResult) -> float:
    """The score of the same portrait, cut one pixel further right."""
    face = result.detection.portrait.box
    moved = Box(face.x_min + 1, face.y_min, face.x_max + 1, face.y_max)
    if crop_box(moved).clipped((image.shape[1], image.shape[0])).area == 0:
        return result.decision.score
    crop = crop_portrait(image, moved, result.detection.rotation)
    return pipeline.validator.validate(resize_to_input(crop, pipeline.validator.card.input_side_px)).score


def compared(pairs: Sequence[Pair], threshold: float) -> dict[str, Any]:
    """The share with the same `reco`, and how far the scores lie apart."""
    if not pairs:
        return {"photos": 0, "same reco": "", "median difference": None, "p99": None}
    same = [(pair.precise >= threshold) == (pair.other >= threshold) for pair in pairs]
    apart = np.abs([pair.precise - pair.other for pair in pairs])
    low, high = wilson(sum(same), len(same))
    return {
        "photos": len(pairs),
        "same reco": f"{np.mean(same):.4f} ({low:.4f} to {high:.4f})",
        "median difference": round(float(np.median(apart)), 5),
        "p99": round(float(np.quantile(apart, 0.99)), 4),
    }


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, "Probable inference", 1927)."""
    share, spread_ = hits / trials, z * z / trials
    middle = (share + spread_ / 2) / (1 + spread_)
    half = z * sqrt(share * (1 - share) / trials + spread_ / (4 * trials)) / (1 + spread_)
    return max(0.0, middle - half), min(1.0, middle + half)


def spread(photos: Sequence[Path], limit: int | None) -> list[Path]:
    """At most so many, from the first to the last."""
    if limit is None or len(photos) <= limit:
        return list(photos)
    return [photos[round(at)] for at in np.linspace(0, len(photos) - 1, limit)]


if __name__ == "__main__":
    main()
