"""Share of real captures in which `/face` finds the portrait, upright and turned by 90, 180 and 270 degrees.

    python -m benchmarks.face_recall --data path/to/real-captures

Found means: the centre of the labelled face lies inside the answer, and both overlap with IoU >= 0.4. The folder
holds `labels.json` (file -> `face_box_xywh`) and the images that it names. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from rich.progress import track

from img_super.detector.yunet import YuNetDetector
from img_super.domain import ROTATIONS, Box, Rotation
from img_super.pipeline.decode import decode_image
from img_super.turn import turn

MIN_IOU = 0.4


def main() -> None:
    """Print a line for each rotation, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    labels = json.loads((folder / "labels.json").read_text())
    detector = YuNetDetector()
    rows = [recall(detector, folder, labels, rotation) for rotation in ROTATIONS]
    for row in rows:
        print("{rotation:>3} degrees: {found}/{frames} found, {ms:.0f} ms".format(**row), *row["missed"])
    print(json.dumps({"benchmark": "face_recall", "rows": rows}))


def recall(detector: YuNetDetector, folder: Path, labels: dict[str, Any], rotation: Rotation) -> dict[str, Any]:
    """How many faces are found when every frame is turned clockwise by `rotation`."""
    missed, times_ms = [], []
    for name, label in track(labels.items(), description=f"{rotation} degrees"):
        image = decode_image((folder / name).read_bytes())
        truth = Box.from_xywh(*label["face_box_xywh"]).turned(rotation, (image.shape[1], image.shape[0]))
        turned = turn(image, rotation)
        start = time.perf_counter()
        found = detector.detect(turned)
        times_ms.append(1000 * (time.perf_counter() - start))
        if not found or not found.portrait.box.contains(*truth.centre_xy) or found.portrait.box.iou(truth) < MIN_IOU:
            missed.append(name)
    hits = len(labels) - len(missed)
    return {"rotation": rotation, "frames": len(labels), "found": hits, "ms": median(times_ms), "missed": missed}


if __name__ == "__main__":
    main()
