"""The simulation against what can be reckoned without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.day import traffic, worst_minute
from benchmarks.fleet import Balancing, Fate, Fleet, Site, Told

PLAIN = Site(photo_ms=100, spread=0.0, photo_bytes=0, cores=1, fewest=1)


def run(site: Site, workers: int, a_second: float, seconds: float = 200, seed: int = 1) -> Told:
    return Fleet(site, workers, seed).run(lambda _: a_second, seconds)


def test_idle_fleet_adds_no_latency() -> None:
    told = run(PLAIN, 10, 1)
    assert set(told.fates) == {Fate.ANSWERED}
    assert told.ms(0.5) == pytest.approx(100)


def test_single_server_waits_match_queueing_theory() -> None:
    """M/D/1: the mean wait is load / (2 x (1 - load)) services (Pollaczek and Khinchine)."""
    told = run(PLAIN, 1, 7, seconds=4000)
    waited_s = sum(told.took_s) / len(told.took_s) - 0.1
    assert waited_s == pytest.approx(0.1 * 0.7 / (2 * 0.3), rel=0.1)


def test_work_beyond_capacity_is_refused() -> None:
    told = run(PLAIN, 1, 20, seconds=500)
    assert told.share(Fate.REFUSED) == pytest.approx(0.5, abs=0.05)
    assert told.ms(1.0) == pytest.approx(100 * (PLAIN.queue + 1), rel=0.05)


def test_missed_queue_deadlines_are_reported() -> None:
    told = run(replace(PLAIN, deadline_s=1.0), 1, 20)
    assert told.share(Fate.LATE) > 0.3
    assert max(told.took_s) <= 1.1 + 1e-9


def test_network_bandwidth_limits_throughput() -> None:
    narrow = replace(PLAIN, photo_ms=1, photo_bytes=1_000_000, balancer_gbit=0.08)  # ten photos a second
    assert run(narrow, 10, 5).ms(0.5) < 200
    assert run(narrow, 10, 20).ms(0.5) > 10_000


def test_two_choices_wait_less_than_one() -> None:
    random, least = (run(replace(PLAIN, balancing=balancing), 20, 160) for balancing in Balancing)
    assert least.ms(0.99) < 0.7 * random.ms(0.99)


def test_requests_of_a_lost_node_are_retried_elsewhere() -> None:
    fleet = Fleet(replace(PLAIN, workers_a_node=1), 2, seed=1)
    fleet.lose_node_at(50)
    told = fleet.run(lambda _: 8.0, 100)
    assert told.share(Fate.ANSWERED) == 1
    assert len(fleet.workers) == 1  # it takes more than the rest of the time to start one
    assert len(told.fates) == pytest.approx(800, rel=0.15)


def test_losing_the_last_node_loses_its_requests() -> None:
    fleet = Fleet(replace(PLAIN, workers_a_node=1), 1, seed=1)
    fleet.lose_node_at(50)
    told = fleet.run(lambda _: 5.0, 100)
    assert told.share(Fate.REFUSED) == pytest.approx(0.5, abs=0.1)


def test_autoscaler_follows_the_load() -> None:
    site = replace(PLAIN, fewest=2, most=20, start_s=5, node_start_s=0)
    fleet = Fleet(site, 2, seed=1)
    fleet.autoscale()
    told = fleet.run(lambda at_s: 60.0 if at_s < 600 else 0.5, 1800)
    most = max(workers for _, workers in told.wanted)
    assert most == pytest.approx(60 * 0.1 / site.busy, abs=2)
    assert told.wanted[-1][1] == 2
    assert 2 * 0.5 < told.core_hours(1, 1800) < most * 0.5


def test_same_seed_gives_the_same_day() -> None:
    assert run(Site(), 2, 30, 20).took_s == run(Site(), 2, 30, 20).took_s
    assert run(Site(), 2, 30, 20).took_s != run(Site(), 2, 30, 20, seed=2).took_s


def test_day_has_a_night_a_peak_and_bursts() -> None:
    a_second = traffic(20)
    assert a_second(4 * 3600) == pytest.approx(2)
    assert a_second(16 * 3600) == pytest.approx(20)
    assert a_second(18 * 3600 + 60) == pytest.approx(10 * a_second(18 * 3600 + 300), rel=0.05)


def test_finds_the_worst_minute() -> None:
    told = Told([1.0, 2.0, 61.0, 62.0], [0.1] * 4, [Fate.ANSWERED, Fate.ANSWERED, Fate.REFUSED, Fate.ANSWERED])
    assert worst_minute(told) == 0.5
