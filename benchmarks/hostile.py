"""Ten thousand hostile files over HTTP: no service error, no crash, no hang, no growth.

    python -m benchmarks.hostile [--inputs N]

The corpus of `tests/hostile`, and the same files with random bytes changed, as raw bodies, JSON and forms. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Iterator
from itertools import cycle, islice

import numpy as np

from benchmarks.clients import LOST, Request, crowd
from benchmarks.memory import resident_mb
from benchmarks.running_service import running_service
from tests.hostile.files import hostile_files

CLIENTS = 8
BUDGET_MS = 1000
DEADLINE_S = 30


def main() -> None:
    """Print the answers to the inputs, then everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    inputs = parser.parse_args().inputs
    variables = {"IMG_SUPER_LOG_LEVEL": "error", "IMG_SUPER_DECODE_BUDGET_MS": str(BUDGET_MS)}
    with running_service("--threads", "2", **variables) as service:
        warm_up = max(inputs // 10, len(list(hostile_files())))
        crowd(service, hostile_requests(warm_up, seed=1), CLIENTS)
        before_mb = resident_mb(service.process.pid)
        outcomes = crowd(service, hostile_requests(inputs, seed=2), CLIENTS)
        after_mb = resident_mb(service.process.pid)
        ended = service.process.poll()
    row = {
        "inputs": inputs,
        "statuses": outcomes.statuses(),
        "server_errors": sum(
            n for status, n in outcomes.statuses().items() if status >= 500 and status not in (503, 504)
        ),
        "lost": outcomes.sent - len(outcomes.every) + outcomes.statuses().get(LOST, 0),
        "over_the_deadline": sum(outcome.seconds > DEADLINE_S for outcome in outcomes.every),
        "max_ms": outcomes.ms(1),
        "resident_mb": {f"after {warm_up} more": round(before_mb), "at the end": round(after_mb)},
        "growth": round(after_mb / before_mb - 1, 3),
        "ended": ended,
    }
    for name, value in row.items():
        print(f"{name:>18}: {value}")
    print(json.dumps({"benchmark": "hostile", **row}))


def hostile_requests(count: int, seed: int) -> Iterator[Request]:
    """The corpus repeatedly, from the second time with changed bytes; a third each raw, JSON and form."""
    rng = np.random.default_rng(seed)
    files = [data for _, data in hostile_files()]
    for number, data in enumerate(islice(cycle(files), count)):
        changed = data if number < len(files) else with_changes(data, rng)
        path = "/super" if number % 2 else "/face"
        match number % 3:
            case 0:
                yield Request(changed, "image/jpeg", path)
            case 1:
                body = json.dumps({"image": base64.b64encode(changed).decode()}).encode()
                yield Request(body, "application/json", path)
            case _:
                head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
                yield Request(head + changed + b"\r\n--b--\r\n", "multipart/form-data; boundary=b", path)


def with_changes(data: bytes, rng: np.random.Generator) -> bytes:
    """Up to eight bytes have other values, more often near the beginning, where the headers are."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        if changed:
            changed[int(len(changed) * rng.random() ** 3)] = int(rng.integers(0, 256))
    return bytes(changed)


if __name__ == "__main__":
    main()
