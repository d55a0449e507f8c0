"""The share of real captures in which the portrait is found, upright and rotated by 90, 180 and 270 degrees.

    python -m benchmarks.face_recall --data path/to/real-captures --detector precise --detector fast

Found means: the centre of the labelled face is inside the answer, and both overlap with IoU >= 0.4. All detectors see
each frame in turn on one core, timed by processor time. The folder contains `labels.json` (file -> `face_box_xywh`,
`doc_quad`) and the images that it names. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import cv2
from rich.progress import track

from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, Detector, Rotation
from img_super.lab.evaluation.detection import RealFrame, is_found, real_frames
from img_super.pipeline.load import DetectorName, load_quick_detector


@dataclass
class Tally:
    """What one detector did with frames that this rotation makes upright."""

    detector: str
    rotation: Rotation
    frames: int = 0
    found: int = 0
    rotation_right: int = 0
    times_ms: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        """With the median instead of all times."""
        times_ms = sorted(self.times_ms)
        numbers = {"ms": median(times_ms), "ms_p90": times_ms[int(0.9 * len(times_ms))]}
        return {name: value for name, value in vars(self).items() if name != "times_ms"} | numbers


def main() -> None:
    """Print a line for each detector and rotation, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", action="append", choices=("precise", "fast"), help="default: both")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th frame only")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    precise = YuNetDetector()
    known: dict[str, Detector] = {"precise": precise, "fast": load_quick_detector(precise, DetectorName.FAST)}
    chosen = {name: known[name] for name in asked.detector or known}
    rows = [tally.as_row() for tally in recall(chosen, real_frames(asked.data, asked.every))]
    for row in rows:
        told = "{detector} {rotation:>3} degrees: {found}/{frames} found, {rotation_right} upright, {ms:.1f} ms"
        print(told.format(**row), *row["missed"])
    print(json.dumps({"benchmark": "face_recall", "rows": rows}))


def recall(detectors: dict[str, Detector], frames: Iterable[RealFrame]) -> list[Tally]:
    """What each detector finds in every frame, by the rotation that makes it upright."""
    tallies = {(name, rotation): Tally(name, rotation) for name in detectors for rotation in ROTATIONS}
    for frame in track(frames, description="frames"):
        for name, detector in detectors.items():
            look(detector, frame, tallies[name, frame.rotation])
    return list(tallies.values())


def look(detector: Detector, frame: RealFrame, tally: Tally) -> None:
    """Let a detector see a frame, and count."""
    start_s = time.thread_time()
    found = detector.detect(frame.image)
    tally.times_ms.append(1000 * (time.thread_time() - start_s))
    tally.frames += 1
    hit = is_found(found, frame.face)
    tally.found += hit
    tally.rotation_right += bool(found and found.rotation == frame.rotation)
    tally.missed += [] if hit else [frame.name]


if __name__ == "__main__":
    main()
