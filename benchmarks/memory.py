"""Resident memory of the service after 100 and after 1,000 requests to `/super`: it must be flat.

    python -m benchmarks.memory [--photo FILE]

The last line is JSON. Linux only (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import httpx2
from rich.progress import track

from benchmarks.photos import SAMPLE, photo_at
from benchmarks.running_service import running_service

FEW, MANY = 100, 1000


def main() -> None:
    """Print both figures and their ratio, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=SAMPLE)
    photo = photo_at(parser.parse_args().photo, 1920, 1080)
    after_mb: dict[int, float] = {}
    with running_service("--threads", "1") as service, httpx2.Client(base_url=service.url, timeout=60) as client:
        for number in track(range(1, MANY + 1), description="requests"):
            client.post("/super", content=photo, headers={"content-type": "image/jpeg"}).raise_for_status()
            if number in (FEW, MANY):
                after_mb[number] = resident_mb(service.process.pid)
    ratio = after_mb[MANY] / after_mb[FEW]
    print(f"after {FEW}: {after_mb[FEW]:.0f} MB, after {MANY}: {after_mb[MANY]:.0f} MB, ratio {ratio:.3f}")
    print(json.dumps({"benchmark": "memory", "after_mb": after_mb, "ratio": ratio}))


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in millions of bytes."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return kib * 1024 / 1e6


if __name__ == "__main__":
    main()
