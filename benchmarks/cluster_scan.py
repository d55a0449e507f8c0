"""Does a bulk scan on two Ray nodes, one of which dies midway, give the same file as a local one, byte for byte?

    python -m benchmarks.cluster_scan FOLDER [--photos 200] [--keep-node]

The last line is JSON; exits with 1 if the files differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster_answers import first_photos
from benchmarks.local_cluster import LocalCluster, local_cluster
from img_super.scan.judge import Judged
from img_super.scan.scan import ScanJob, scan


def main() -> None:
    """Print whether the results are the same, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--keep-node", action="store_true", help="no node dies")
    arguments = parser.parse_args()
    photos = tuple(map(str, first_photos(arguments.folder, arguments.photos)))
    with TemporaryDirectory() as folder:
        job = ScanJob(photos, Path(folder, "here.jsonl"), processes=2)
        here_s = seconds_of(job)
        with local_cluster(nodes=2) as cluster:
            on_ray = replace(job, out=Path(folder, "ray.jsonl"))
            ray_s = on_cluster(on_ray, cluster, None if arguments.keep_node else len(photos) // 3)
        same = job.out.read_bytes() == on_ray.out.read_bytes()
        rows = job.out.read_bytes().count(b"\n")
    told = {"photos": len(photos), "rows": rows, "a_node_died": not arguments.keep_node, "same": same}
    print(json.dumps({"benchmark": "cluster_scan", **told, "here_s": round(here_s, 1), "ray_s": round(ray_s, 1)}))
    sys.exit(not same)


def seconds_of(job: ScanJob) -> float:
    """What the scan takes on this machine."""
    start = time.perf_counter()
    scan(job)
    return time.perf_counter() - start


def on_cluster(job: ScanJob, cluster: LocalCluster, lose_at: int | None) -> float:
    """What the scan takes on the cluster, which loses a node once there are so many rows."""
    from img_super.cluster.scan import judging_on_ray  # noqa: PLC0415 after the environment of the cluster

    lost: list[int] = []

    def lose_a_node(rows: int, newest: Judged | None) -> None:
        if lose_at is not None and newest is not None and rows >= lose_at and not lost:
            lost.append(rows)
            cluster.lose_node()

    start = time.perf_counter()
    scan(job, lose_a_node, judging_on_ray())
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
