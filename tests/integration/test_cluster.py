"""A real Ray cluster of two nodes, one of which is killed: answers, requests in flight, rows of a scan."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.clients import LOST, Client, Request
from benchmarks.cluster_answers import asked
from benchmarks.local_cluster import LocalCluster, Served, local_cluster, served
from benchmarks.running_service import running_service
from img_super.scan.judge import Judged
from img_super.scan.scan import ScanJob, scan
from tests.conftest import SAMPLES
from tests.waiting import until

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")]

PHOTOS = 32


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with local_cluster(nodes=2) as cluster:
        yield cluster


@pytest.fixture(scope="class")
def service(cluster: LocalCluster) -> Iterator[Served]:
    """Each deployment has a replica on each node."""
    with served(layout="apart", cores=0.3, min_replicas=2, max_replicas=2) as service:
        yield service


class TestServe:
    def test_answers_equal_those_of_a_plain_worker(self, service: Served) -> None:
        photos = [(SAMPLES / f"{name}.jpg").read_bytes() for name in ("bona_fide", "attack", "example")]
        with running_service("--threads", "1", "--log-level", "error") as plain:
            for body in (*photos, b"no photo", photos[0][:2000]):
                for route in ("/super?evidence=true", "/face"):
                    assert asked(service.url + route, body) == asked(plain.url + route, body)

    def test_losing_a_node_loses_no_request(self, cluster: LocalCluster, service: Served) -> None:
        request = Request((SAMPLES / "example.jpg").read_bytes(), "image/jpeg")
        statuses, over = list[int](), threading.Event()

        def load() -> None:
            with closing(Client(service)) as client:
                while not over.is_set():
                    statuses.append(client.send(request).status)

        loading = [threading.Thread(target=load) for _ in range(2)]
        for thread in loading:
            thread.start()
        try:
            until(lambda: statuses.count(200) > 10)
            cluster.lose_node()
            answered = len(statuses)
            cluster.add_node()
            until(lambda: statuses[answered:].count(200) > 10 and statuses[-10:] == [200] * 10)
        finally:
            over.set()
            for thread in loading:
                thread.join()
        assert LOST not in statuses
        assert set(Counter(statuses)) <= {200, 500, 503}


def test_scan_on_ray_equals_a_local_one_despite_a_lost_node(
    cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from img_super.cluster import scan as cluster_scan

    monkeypatch.setattr(cluster_scan, "UNITS_A_BLOCK", 8)
    source = tmp_path / "in"
    source.mkdir()
    photo = (SAMPLES / "example.jpg").read_bytes()
    for number in range(PHOTOS):
        (source / f"{number:03d}.jpg").write_bytes(photo + bytes([number]))
    (source / "notes.txt").write_text("no photo")
    job = ScanJob((str(source),), tmp_path / "here.jsonl", processes=1)
    scan(job)
    died: list[int] = []

    def lose_a_node(rows: int, newest: Judged | None) -> None:
        if newest is not None and not died:
            died.append(rows)
            cluster.lose_node()

    on_ray = replace(job, out=tmp_path / "ray.jsonl")
    scan(on_ray, lose_a_node, cluster_scan.judging_on_ray())
    assert died[0] < PHOTOS
    assert on_ray.out.read_bytes() == job.out.read_bytes()
    assert len({json.loads(line)["photo"] for line in on_ray.out.read_text().splitlines()}) == PHOTOS + 1
