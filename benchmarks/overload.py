"""Four times more photos than can be answered, for a minute: what is answered and refused, and how fast.

    python -m benchmarks.overload [--seconds N] [--clients N] [--close]

First the best throughput is measured with as many clients as slots, then the overload in the same run, so that the
ratio holds on a busy machine. The last line is JSON; `lost` requests got no answer, or a reset.
"""

from __future__ import annotations

import argparse
import json
import time

from benchmarks.clients import LOST, Outcomes, Probe, crowd, for_seconds, mixed_photos
from benchmarks.memory import resident_mb
from benchmarks.running_service import Service, running_service

THREADS, QUEUE = 2, 8
FACTOR = 4


def main() -> None:
    """Print throughput, refusals and the latency of health checks, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--close", action="store_true", help="a connection for each request")
    arguments = parser.parse_args()
    with running_service("--threads", str(THREADS), IMG_SUPER_QUEUE=str(QUEUE), IMG_SUPER_LOG_LEVEL="error") as service:
        best_per_s, _ = measure(service, arguments.seconds / 3, 2 * THREADS, None, arguments.close)
        with Probe(service) as health:
            good_per_s, outcomes = measure(
                service, arguments.seconds, arguments.clients, FACTOR * best_per_s, arguments.close
            )
        row = {
            "best_per_s": round(best_per_s, 2),
            "offered_per_s": round(outcomes.sent / arguments.seconds, 2),
            "good_per_s": round(good_per_s, 2),
            "share_of_best": round(good_per_s / best_per_s, 3),
            "sent": outcomes.sent,
            "statuses": outcomes.statuses(),
            "lost": outcomes.sent - len(outcomes.every) + outcomes.statuses().get(LOST, 0),
            "refused_ms": {"p50": outcomes.ms(0.5, 503), "p99": outcomes.ms(0.99, 503), "max": outcomes.ms(1, 503)},
            "good_ms": {"p50": outcomes.ms(0.5, 200), "p99": outcomes.ms(0.99, 200)},
            "health_ms": {"p50": health.ms(0.5), "p99": health.ms(0.99), "max": health.ms(1)},
            "resident_mb": round(resident_mb(service.process.pid)),
        }
    for name, value in row.items():
        print(f"{name:>15}: {value}")
    print(json.dumps({"benchmark": "overload", "threads": THREADS, "queue": QUEUE, "close": arguments.close, **row}))


def measure(
    service: Service, seconds: float, clients: int, per_second: float | None, close: bool
) -> tuple[float, Outcomes]:
    """Good answers per second, and what became of every request."""
    start = time.perf_counter()
    outcomes = crowd(service, for_seconds(mixed_photos(), seconds), clients, per_second, close)
    return outcomes.statuses().get(200, 0) / (time.perf_counter() - start), outcomes


if __name__ == "__main__":
    main()
