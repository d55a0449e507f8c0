"""Kills a node of a Ray cluster under load: the outcome of every request, and when throughput has recovered.

    python -m benchmarks.cluster_faults [--layout apart] [--seconds 60] [--clients 4]

Two nodes; the one without the proxy dies after a third of the time, and another joins at once, as in Kubernetes.
Throughput has recovered at the end of the first 5 seconds with 90 % of the earlier throughput. JSON at the end.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import Counter

from benchmarks.clients import LOST, Client, HasAddress, Request, for_seconds, run_together
from benchmarks.local_cluster import LocalCluster, local_cluster, served
from benchmarks.photos import SAMPLE, photo_at

WINDOW_S = 5.0
BACK = 0.9


def main() -> None:
    """Print what became of the requests, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", default="apart")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=4)
    arguments = parser.parse_args()
    with local_cluster(nodes=2) as cluster, served(layout=arguments.layout, **replicas(arguments.layout)) as service:
        wait_until_all_answer(service)
        told = under_load(cluster, service, arguments.seconds, arguments.clients)
    print(json.dumps({"benchmark": "cluster_faults", "layout": arguments.layout, **told}))


def replicas(layout: str) -> dict[str, float]:
    """Two of each deployment fill both nodes, so that a node takes half of each with it."""
    return {"min_replicas": 2, "max_replicas": 2, "cores": 1 if layout == "together" else 0.33}


def wait_until_all_answer(service: HasAddress, photos: int = 20) -> None:
    """Raises RuntimeError when one of so many photos has no answer."""
    client, request = Client(service), Request(photo_at(SAMPLE, 640, 480), "image/jpeg")
    for _ in range(photos):
        client.send(request).answered_ms()


def under_load(cluster: LocalCluster, service: HasAddress, seconds: float, clients: int) -> dict[str, object]:
    """Lose a node after a third of the time, add another one, and write down each answer with its time."""
    answers: list[tuple[float, int]] = []  # seconds after the start, status
    start, lost_s, joined_s = time.perf_counter(), 0.0, 0.0
    request = Request(photo_at(SAMPLE, 1280, 960), "image/jpeg")

    def one_client() -> None:
        client = Client(service)
        for each in for_seconds([request], seconds):
            status = client.send(each).status
            answers.append((time.perf_counter() - start, status))

    load = threading.Thread(target=run_together, args=([one_client] * clients,))
    load.start()
    time.sleep(seconds / 3)
    lost_s = time.perf_counter() - start
    cluster.lose_node()
    cluster.add_node()
    joined_s = time.perf_counter() - start
    load.join()
    statuses = Counter(status for _, status in answers)
    return {
        "sent": len(answers),
        "statuses": dict(sorted(statuses.items())),
        "without_an_answer": statuses[LOST],
        "before_a_second": round(rate(answers, lost_s - 2 * WINDOW_S, lost_s), 2),
        "node_lost_for_s": round(joined_s - lost_s, 1),
        "back_after_s": back_after_s(answers, lost_s, seconds),
    }


def rate(answers: list[tuple[float, int]], begin_s: float, end_s: float) -> float:
    """Photos answered with 200 a second."""
    return sum(begin_s <= at_s < end_s and status == 200 for at_s, status in answers) / (end_s - begin_s)


def back_after_s(answers: list[tuple[float, int]], lost_s: float, seconds: float) -> float | None:
    """When the first window that is as good as before ends, in seconds after the loss; None when there is none."""
    before = rate(answers, lost_s - 2 * WINDOW_S, lost_s)
    begin_s = lost_s
    while begin_s + WINDOW_S <= seconds:
        if rate(answers, begin_s, begin_s + WINDOW_S) >= BACK * before:
            return round(begin_s + WINDOW_S - lost_s, 1)
        begin_s += 0.5
    return None


if __name__ == "__main__":
    main()
