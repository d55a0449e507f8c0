"""Latency of `/super` over HTTP with one client, the same in process, and what each stage takes of it.

    python -m benchmarks.super_latency [--photo FILE] [--requests N]

The stages and both ways are measured in turn, request by request, so that the ratios hold on a noisy machine.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import numpy as np

from benchmarks.photos import SAMPLE, photo_at
from benchmarks.running_service import running_service
from img_super.api.base64_image import decode_base64
from img_super.pipeline.crop import crop_portrait, resize_to_input
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import load_pipeline

SIZE_WH = (1920, 1080)


def main() -> None:
    """Print p50 and p99 of each way and stage in milliseconds, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=SAMPLE)
    parser.add_argument("--requests", type=int, default=100)
    arguments = parser.parse_args()
    photo = photo_at(arguments.photo, *SIZE_WH)
    with running_service("--threads", "1") as service, httpx2.Client(base_url=service.url, timeout=60) as client:
        works = {"over HTTP": post(client, photo), **in_process(photo)}
        times_ms: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(arguments.requests):
            for name, work in works.items():
                start = time.perf_counter()
                work()
                times_ms[name].append(1000 * (time.perf_counter() - start))
    rows = {name: {"p50_ms": quantile(t, 0.5), "p99_ms": quantile(t, 0.99)} for name, t in times_ms.items()}
    for name, row in rows.items():
        print(f"{name:>12}: p50 {row['p50_ms']:7.2f} ms   p99 {row['p99_ms']:7.2f} ms")
    print(json.dumps({"benchmark": "super_latency", "size_wh": SIZE_WH, "photo_bytes": len(photo), "rows": rows}))


def post(client: httpx2.Client, photo: bytes) -> Callable[[], object]:
    """One request as the plain client sends it."""
    body = json.dumps({"image": "data:image/jpeg;base64," + base64.b64encode(photo).decode()}).encode()
    return lambda: client.post("/super", content=body, headers={"content-type": "application/json"}).raise_for_status()


def in_process(photo: bytes) -> dict[str, Callable[[], object]]:
    """The whole pipeline without HTTP, and its stages one by one."""
    pipeline = load_pipeline()
    text = base64.b64encode(photo).decode()
    image = decode_image(photo)
    detection = pipeline.face(photo)
    side_px = pipeline.validator.card.input_side_px
    box, rotation = detection.portrait.box, detection.rotation
    crop = resize_to_input(crop_portrait(image, box, rotation), side_px)
    return {
        "in process": lambda: pipeline.super(photo),
        "base64": lambda: decode_base64(text),
        "decode": lambda: decode_image(photo),
        "detect": lambda: pipeline.detector.detect(image),
        "crop": lambda: resize_to_input(crop_portrait(image, box, rotation), side_px),
        "validate": lambda: pipeline.validator.validate(crop),
    }


def quantile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return float(np.quantile(values, share))


if __name__ == "__main__":
    main()
