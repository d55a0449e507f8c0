"""A fleet of workers behind a load balancer, simulated event by event for `benchmarks.day`.

Each request crosses the balancer's network, is assigned to a worker, waits there for a thread and is processed. Like
the service, a worker refuses when its queue is full (503), and abandons requests past the deadline (504). Requests on
a dying node are sent again once by the client, and lost if that fails, too.

A request's duration is drawn when it is assigned, so its whole path is known then: one event per request. (With a
process per request, in SimPy, a day took 20 times as long.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush, heapreplace
from itertools import count
from math import ceil
from random import Random
from typing import Final, TypeAlias

import numpy as np

SLICE_S: Final = 10.0


class Fate(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LATE = "late"
    LOST = "lost"


class Balancing(StrEnum):
    """To which worker the next request goes."""

    RANDOM = "random"
    """What a Kubernetes Service does."""
    LEAST = "least"
    """The one of two random ones that has less in hand, as Ray Serve and good ingresses do."""


@dataclass(frozen=True, slots=True)
class Site:
    """What was measured, bought or set.

    Attributes:
        photo_ms: processor time of one photo; each takes a log-normal time with this mean and `spread` (sigma).
        photo_bytes: what crosses the balancer for it.
        balancer_gbit: what the balancer's network carries in a second.
        cores: of one worker, which has as many threads.
        queue, deadline_s: settings of the service.
        start_s: from wanting a worker until it is ready, where a node has room.
        node_start_s: what a new node takes before that.
        workers_a_node: how many die with a node.
        busy: the share of busy cores that the autoscaler aims at.
        fewest, most: workers that it may have.
    """

    photo_ms: float = 40.0
    spread: float = 0.5
    photo_bytes: float = 800_000
    balancer_gbit: float = 10.0
    cores: int = 2
    queue: int = 32
    deadline_s: float = 30.0
    start_s: float = 20.0
    node_start_s: float = 120.0
    workers_a_node: int = 4
    busy: float = 0.6
    fewest: int = 2
    most: int = 64
    balancing: Balancing = Balancing.RANDOM


Request: TypeAlias = tuple[float, int]
"""When it was sent, and how often it has been lost."""


@dataclass(slots=True)
class Worker:
    """One process: when each thread is free again, and what it has in hand, by the time at which that ends."""

    node: int
    free_at_s: list[float]
    in_hand: list[tuple[float, Request]] = field(default_factory=list)
    busy_s: float = 0.0


@dataclass(slots=True)
class Told:
    """What happened."""

    sent_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    wanted: list[tuple[float, int]] = field(default_factory=list)

    def share(self, fate: Fate) -> float:
        return self.fates.count(fate) / max(1, len(self.fates))

    def ms(self, quantile: float) -> float:
        """Latency of what was answered, in milliseconds."""
        took = [took for took, fate in zip(self.took_s, self.fates, strict=True) if fate is Fate.ANSWERED]
        return round(1000 * float(np.quantile(took, quantile)), 1) if took else float("nan")

    def core_hours(self, cores: int, end_s: float) -> float:
        """What is paid for: every worker from the moment in which it was wanted."""
        times_s = [*(at_s for at_s, _ in self.wanted[1:]), end_s]
        paid = zip(self.wanted, times_s, strict=True)
        return sum(workers * cores * (after_s - at_s) / 3600 for (at_s, workers), after_s in paid)


class Fleet:
    """Workers, of which some may be lost and others started."""

    def __init__(self, site: Site, workers: int, seed: int) -> None:
        self.site, self.told = site, Told(wanted=[(0.0, workers)])
        self.workers: list[Worker] = []
        self._random = Random(seed)  # noqa: S311 a simulation; a draw takes a tenth of NumPy's time
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._network_free_s = 0.0
        self._started = self._wanted = 0
        self._busy_before_s = 0.0
        self._recent: list[tuple[float, int]] = []
        for _ in range(workers):
            self._start(0.0)
        self._wanted = workers

    def run(self, a_second: Callable[[float], float], seconds: float) -> Told:
        """Send requests at a rate that changes with the time, every `SLICE_S`: a Poisson process in each slice."""
        begin_s = 0.0
        while begin_s < seconds:
            rate, now_s = a_second(begin_s), begin_s
            while (now_s := now_s + self._random.expovariate(rate)) < begin_s + SLICE_S:
                self._until(now_s)
                self._receive(now_s, (now_s, 0))
            begin_s += SLICE_S
        self._until(seconds + self.site.deadline_s)
        for worker in self.workers:
            self._answer(worker, float("inf"))
        return self.told

    def autoscale(self, every_s: float = 15.0, calm_s: float = 300.0) -> None:
        """As Kubernetes' HorizontalPodAutoscaler: up at once, down to the most that was wanted in the last minutes."""

        def again(now_s: float) -> None:
            self._scale(now_s, every_s, calm_s)
            self._at(now_s + every_s, again)

        self._at(every_s, again)

    def lose_node_at(self, at_s: float) -> None:
        """All workers of the newest node die; others are started for them."""
        self._at(at_s, self._lose_node)

    def _at(self, at_s: float, do: Callable[[float], None]) -> None:
        heappush(self._events, (at_s, next(self._order), do))

    def _until(self, now_s: float) -> None:
        while self._events and self._events[0][0] <= now_s:
            at_s, _, do = heappop(self._events)
            do(at_s)

    def _receive(self, now_s: float, request: Request) -> None:
        """Over the network, to a worker, to the end: only a node that dies can change it now."""
        site = self.site
        self._network_free_s = max(now_s, self._network_free_s) + 8 * site.photo_bytes / (site.balancer_gbit * 1e9)
        here_s = self._network_free_s
        worker = self._chosen(here_s)
        if worker is None or len(worker.in_hand) >= site.cores + site.queue:
            self._end(request, here_s, Fate.REFUSED)
            return
        begin_s = max(here_s, worker.free_at_s[0])
        if begin_s > request[0] + site.deadline_s:
            self._end(request, request[0] + site.deadline_s, Fate.LATE)
            return
        work_s = self._work_s()
        heapreplace(worker.free_at_s, begin_s + work_s)
        heappush(worker.in_hand, (begin_s + work_s, request))
        worker.busy_s += work_s

    def _end(self, request: Request, now_s: float, fate: Fate) -> None:
        self.told.sent_s.append(request[0])
        self.told.took_s.append(now_s - request[0])
        self.told.fates.append(fate)

    def _answer(self, worker: Worker, now_s: float) -> None:
        """Let go of what has ended by now."""
        while worker.in_hand and worker.in_hand[0][0] <= now_s:
            ended_s, request = heappop(worker.in_hand)
            self._end(request, ended_s, Fate.ANSWERED)

    def _work_s(self) -> float:
        mean_s, sigma = self.site.photo_ms / 1000, self.site.spread
        return mean_s * self._random.lognormvariate(-(sigma**2) / 2, sigma)

    def _chosen(self, now_s: float) -> Worker | None:
        if not self.workers:
            return None
        choices = 1 if self.site.balancing is Balancing.RANDOM else 2
        places = [int(self._random.random() * len(self.workers)) for _ in range(choices)]
        for place in places:
            self._answer(self.workers[place], now_s)
        return min((self.workers[place] for place in places), key=lambda worker: len(worker.in_hand))

    def _start(self, now_s: float) -> None:
        node = self._started // self.site.workers_a_node
        self.workers.append(Worker(node, [now_s] * self.site.cores))
        self._started += 1

    def _start_if_wanted(self, now_s: float) -> None:
        if len(self.workers) < self._wanted:
            self._start(now_s)

    def _scale(self, now_s: float, every_s: float, calm_s: float) -> None:
        given_s = sum(worker.busy_s for worker in self.workers)  # with what is still to be done: a queue counts
        cores = self.site.cores * max(1, len(self.workers))
        busy = max(0.0, given_s - self._busy_before_s) / (every_s * cores)
        self._recent = [(at_s, wanted) for at_s, wanted in self._recent if at_s > now_s - calm_s]
        self._recent.append((now_s, ceil(len(self.workers) * min(1.0, busy) / self.site.busy)))
        wanted = max(wanted for _, wanted in self._recent)
        self._want(now_s, min(self.site.most, max(self.site.fewest, wanted)))
        self._busy_before_s = sum(worker.busy_s for worker in self.workers)

    def _want(self, now_s: float, wanted: int) -> None:
        for number in range(self._wanted, wanted):
            new_node = number % self.site.workers_a_node == 0
            self._at(now_s + self.site.start_s + new_node * self.site.node_start_s, self._start_if_wanted)
        while len(self.workers) > max(wanted, 1):
            self._answer(self.workers.pop(), float("inf"))  # it finishes what it has in hand
        if wanted != self._wanted:
            self.told.wanted.append((now_s, wanted))
        self._wanted = wanted

    def _lose_node(self, now_s: float) -> None:
        node = self.workers[-1].node
        dead = [worker for worker in self.workers if worker.node == node]
        self.workers = [worker for worker in self.workers if worker.node != node]
        for worker in dead:
            self._answer(worker, now_s)
            self._at(now_s + self.site.start_s + self.site.node_start_s, self._start_if_wanted)
            for _, (sent_s, lost) in worker.in_hand:
                if lost:
                    self._end((sent_s, lost), now_s, Fate.LOST)
                else:
                    self._receive(now_s, (sent_s, 1))
