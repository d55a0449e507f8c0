"""Ten minutes of everything at once: good photos, hostile files, disconnecting clients.

    python -m benchmarks.soak [--minutes N]

Memory must stay within 5 % from the second minute, and p99 steady. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from itertools import chain, islice

from benchmarks.clients import LOST, Outcomes, Request, crowd, for_seconds, mixed_photos
from benchmarks.memory import resident_mb
from benchmarks.running_service import running_service
from tests.hostile.files import hostile_files

CLIENTS = 4


def main() -> None:
    """Print a line for each minute, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=10)
    minutes = parser.parse_args().minutes
    requests, everything, rows = mixture(), Outcomes(), []
    with running_service("--threads", "2", IMG_SUPER_LOG_LEVEL="error") as service:
        for minute in range(1, minutes + 1):
            outcomes = crowd(service, for_seconds(requests, 60), CLIENTS)
            everything.every += outcomes.every
            everything.sent += outcomes.sent
            rows.append(
                {
                    "minute": minute,
                    "resident_mb": round(resident_mb(service.process.pid)),
                    "p50_ms": outcomes.ms(0.5, 200),
                    "p99_ms": outcomes.ms(0.99, 200),
                    "statuses": outcomes.statuses(),
                }
            )
            print(rows[-1], flush=True)
        ended = service.process.poll()
    settled_mb = [float(str(row["resident_mb"])) for row in rows[1:]]
    summary = {
        "minutes": minutes,
        "memory_spread": round(max(settled_mb) / min(settled_mb) - 1, 3),
        "statuses": everything.statuses(),
        "lost": everything.sent - len(everything.every) + everything.statuses().get(LOST, 0),
        "ended": ended,
    }
    print(json.dumps({"benchmark": "soak", **summary, "rows": rows}))


def mixture() -> list[Request]:
    """Three good photos to each hostile file."""
    hostile = [Request(data, "image/jpeg") for _, data in islice(hostile_files(), 12, None, 9)]
    good = mixed_photos()[:3] * len(hostile)
    return list(chain.from_iterable(zip(good[::3], good[1::3], good[2::3], hostile, strict=True)))


if __name__ == "__main__":
    main()
