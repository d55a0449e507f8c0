"""Throughput over Ray Serve compared with plain Uvicorn on the same cores, in alternating blocks.

    python -m benchmarks.cluster_load [--seconds 120] [--block 5] [--size 1920x1080] [--clients 4] [--apart]

Plain: one process with a thread per core. Ray: a replica per core and the proxy; with `--apart`, also detector and
validator as separate deployments. Each way's processor time over all processes is measured, too, which is reliable on
a busy machine. The last line is JSON.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack

import numpy as np

from benchmarks.clients import Request
from benchmarks.local_cluster import LEAN, local_cluster, served
from benchmarks.photos import photo_arguments, photo_of
from benchmarks.running_service import running_service
from benchmarks.side_by_side import Way, descendants, in_turn
from benchmarks.timing import ratio

CORES = len(os.sched_getaffinity(0))


def main() -> None:
    """Print a row for each way, then all of it as JSON."""
    parser = photo_arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--block", type=float, default=5)
    parser.add_argument("--clients", type=int, default=2 * CORES)
    parser.add_argument("--apart", action="store_true")
    arguments = parser.parse_args()
    request = Request(photo_of(arguments), "image/jpeg")
    os.environ["IMG_SUPER_DETECTOR"] = arguments.detector  # for every service that is started
    with ExitStack() as stack:
        ways = started(stack, "apart" if arguments.apart else "together")
        in_turn(ways.values(), request, arguments.seconds, arguments.block, arguments.clients)
        rows = {name: way.as_row() for name, way in ways.items()}
        plain, ray = ways.values()
        told = {
            "ray_over_plain": ratio(np.array(ray.a_second), np.array(plain.a_second)).as_json(),
            "cpu_ray_over_plain": ratio(np.array(ray.cpu_ms), np.array(plain.cpu_ms)).as_json(),
        }
    for name, row in rows.items():
        print(f"{name:>14}: " + "   ".join(f"{figure} {value:g}" for figure, value in row.items()))
    size = {"size": arguments.size, "photo_bytes": len(request.body), "cores": CORES, "clients": arguments.clients}
    print(json.dumps({"benchmark": "cluster_load", **size, "rows": rows, **told}))


def started(stack: ExitStack, layout: str) -> dict[str, Way]:
    """Both ways, running until the stack is left."""
    plain = stack.enter_context(running_service("--threads", str(CORES), "--log-level", "error"))
    os.environ["IMG_SUPER_LOG_LEVEL"] = "error"  # before the nodes start, which hand it on
    own = set(descendants(os.getpid()))
    together = layout == "together"
    stack.enter_context(local_cluster(1, CORES, **(LEAN if together else {})))
    cores = 1.0 if together else CORES / 6
    ray = stack.enter_context(served(layout=layout, cores=cores, min_replicas=CORES, max_replicas=CORES))
    return {
        "plain": Way(plain, {plain.process.pid}),
        f"ray {layout}": Way(ray, set(descendants(os.getpid())) - own),
    }


if __name__ == "__main__":
    main()
