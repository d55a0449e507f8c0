"""Compares answers over Ray Serve with those of a plain worker, byte for byte: `/super` with evidence, and `/face`.

    python -m benchmarks.cluster_answers FOLDER [--photos 200] [--layout apart] [--detector fast]

Bodies contain no times, so everything is compared. The last line is JSON; exits with 1 if two differ.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from rich.progress import track

from benchmarks.local_cluster import local_cluster, served
from benchmarks.photos import photos_in
from benchmarks.running_service import running_service

ROUTES = ("/super?evidence=true", "/face")
Answer = tuple[int, bytes]


def main() -> None:
    """Print how many answers were equal, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--layout", default="apart")
    parser.add_argument("--detector", default="fast")
    arguments = parser.parse_args()
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector
    photos = first_photos(arguments.folder, arguments.photos)
    with (
        running_service("--threads", "1", "--log-level", "error") as plain,
        local_cluster(nodes=2),
        served(layout=arguments.layout, cores=0.25, min_replicas=2) as ray,
    ):
        told = compared(plain.url, ray.url, photos)
    row = {"photos": len(photos), "layout": arguments.layout, "detector": arguments.detector, **told}
    print(json.dumps({"benchmark": "cluster_answers", **row}))
    sys.exit(bool(told["different"]))


def first_photos(folder: Path, most: int) -> list[Path]:
    """So many photos of a folder. Raises SystemExit when there are none."""
    return photos_in(folder)[:most] or sys.exit(f"no photos in {folder}")


def compared(plain: str, ray: str, photos: list[Path]) -> dict[str, object]:
    """How many answers there were, by status, and which differ."""
    statuses, different = Counter[int](), list[str]()
    for photo in track(photos, description="photos"):
        body = photo.read_bytes()
        for route in ROUTES:
            expected, found = asked(plain + route, body), asked(ray + route, body)
            statuses[expected[0]] += 1
            if expected != found:
                different.append(f"{photo.name} {route} {expected[0]} {found[0]}")
    return {
        "answers": statuses.total(),
        "statuses": dict(statuses),
        "different": len(different),
        "first": different[:3],
    }


def asked(url: str, photo: bytes) -> Answer:
    """Status and body."""
    request = urllib.request.Request(url, photo, {"Content-Type": "application/octet-stream"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


if __name__ == "__main__":
    main()
