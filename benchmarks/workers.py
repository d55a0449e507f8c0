"""One worker compared with two and more, in alternating blocks, with one thread per worker.

    python -m benchmarks.workers [--workers 1,2,4] [--seconds 120] [--block 5] [--size 1280x960] [--clients 8]

With `--core-each` a service may use as many cores as it has workers, like pods limited to one core; without it, one
worker's event loop also uses part of the second core, which two workers then lack. Every request has its own
connection, as behind a load balancer, because a kept one stays with its worker. The client only sends. The last line
is JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from benchmarks.clients import Client, HasAddress, Outcomes, Request, for_seconds, run_together
from benchmarks.photos import photo_arguments, photo_of
from benchmarks.running_service import running_service
from benchmarks.side_by_side import Way, descendants, in_turn
from benchmarks.timing import ratio


class EachItsConnection(Way):
    """Sends every photo over a new connection."""

    def sent(self, request: Request, seconds: float, clients: int) -> Outcomes:
        outcomes = Outcomes()

        def one_client() -> None:
            for each in for_seconds([request], seconds):
                outcomes.every.append(Client(self.service).send(each))

        run_together([one_client] * clients)
        return outcomes


def main() -> None:
    """Print a row for each number of workers, then all of it as JSON."""
    parser = photo_arguments(__doc__, "1280x960")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--block", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--core-each", action="store_true")
    arguments = parser.parse_args()
    request = Request(photo_of(arguments), "image/jpeg")
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector  # for every service that is started
    numbers = [int(number) for number in arguments.workers.split(",")]
    with ExitStack() as stack:
        ways = {number: started(stack, number, arguments.core_each) for number in numbers}
        in_turn(ways.values(), request, arguments.seconds, arguments.block, arguments.clients)
        rows = {number: way.as_row() for number, way in ways.items()}
    one = np.array(ways[numbers[0]].a_second)
    times = {number: ratio(np.array(way.a_second), one).as_json() for number, way in ways.items()}
    for number, row in rows.items():
        print(f"{number} workers: " + "   ".join(f"{figure} {value:g}" for figure, value in row.items()), times[number])
    told = {
        "size": arguments.size,
        "photo_bytes": len(request.body),
        "clients": arguments.clients,
        "core_each": arguments.core_each,
    }
    print(json.dumps({"benchmark": "workers", **told, "rows": rows, "times_the_first": times}))


def started(stack: ExitStack, workers: int, core_each: bool) -> EachItsConnection:
    """So many workers with one thread each, running until the stack is left."""
    options = ("--workers", str(workers), "--threads", "1", "--log-level", "error")
    with inherited_cores(workers if core_each else None):
        service: HasAddress = (process := stack.enter_context(running_service(*options, IMG_SUPER_QUEUE="64")))
    pid = process.process.pid
    return EachItsConnection(service, {pid, *descendants(pid)})


@contextmanager
def inherited_cores(most: int | None) -> Iterator[None]:
    """What is started in here may use only so many of the cores; None: all."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:most])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


if __name__ == "__main__":
    main()
