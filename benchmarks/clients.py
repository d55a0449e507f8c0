"""Clients that send photos and record every outcome, so that nothing is lost silently."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np

from benchmarks.photos import SAMPLE, photo_at

SIZES_WH = ((640, 480), (1280, 960), (1920, 1080), (4000, 3000))
IDLE_S = 2
"""A connection that lay idle for longer is opened anew: the service may close it just then."""

LOST = 0
"""The status of a request that got no answer."""


class HasAddress(Protocol):
    """A service, however started."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Request:
    """Body and media type of a POST."""

    body: bytes
    media_type: str
    path: str = "/super"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one request; `status` is `LOST` if the connection broke."""

    status: int
    seconds: float

    def answered_ms(self) -> float:
        """The answer's time. Raises RuntimeError if there was none, or an unexpected one."""
        if self.status != 200:
            raise RuntimeError(f"the answer was {self.status}")
        return 1000 * self.seconds


@dataclass
class Outcomes:
    """The outcomes of all clients."""

    every: list[Outcome] = field(default_factory=list)
    sent: int = 0

    def statuses(self) -> dict[int, int]:
        return dict(sorted(Counter(outcome.status for outcome in self.every).items()))

    def ms(self, share: float, *statuses: int) -> float:
        """The latency quantile in milliseconds of the requests with these statuses."""
        seconds = [outcome.seconds for outcome in self.every if not statuses or outcome.status in statuses]
        return round(1000 * float(np.quantile(seconds, share)), 1) if seconds else float("nan")


def mixed_photos() -> list[Request]:
    """A sample document in four sizes, each as JSON and raw."""
    files = [photo_at(SAMPLE, *size_wh) for size_wh in SIZES_WH]
    as_json = [json.dumps({"image": base64.b64encode(file).decode()}).encode() for file in files]
    return [
        *(Request(file, "image/jpeg") for file in files),
        *(Request(body, "application/json") for body in as_json),
    ]


class Client:
    """One keep-alive connection, reopened if it breaks; or one per request, like nginx to upstreams."""

    def __init__(self, service: HasAddress, timeout_s: float = 60, close: bool = False) -> None:
        self._always = {"Connection": "close"} if close else {}
        url = urlsplit(service.url)
        self._connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout_s)
        self._last_s = 0.0

    def send(self, request: Request) -> Outcome:
        return self._ask("POST", request.path, request.body, {"Content-Type": request.media_type})

    def get(self, path: str) -> Outcome:
        return self._ask("GET", path, b"", {})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Outcome:
        if time.perf_counter() - self._last_s > IDLE_S:
            self._connection.close()
        start = time.perf_counter()
        try:
            self._connection.request(method, path, body, headers | self._always)
            answer = self._connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            self._connection.close()
            status = LOST
        self._last_s = time.perf_counter()
        return Outcome(status, self._last_s - start)


def crowd(
    service: HasAddress,
    requests: Iterator[Request],
    clients: int,
    per_second: float | None = None,
    close: bool = False,
) -> Outcomes:
    """Send all requests from this many clients, as fast as they are answered or at this rate."""
    outcomes, lock, start = Outcomes(), threading.Lock(), time.perf_counter()

    def one_client() -> None:
        client = Client(service, close=close)
        while True:
            with lock:
                request, number = next(requests, None), outcomes.sent
                outcomes.sent += request is not None
            if request is None:
                return
            if per_second:
                time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            outcome = client.send(request)
            with lock:
                outcomes.every.append(outcome)

    run_together([one_client] * clients)
    return outcomes


def for_seconds(requests: Sequence[Request], seconds: float) -> Iterator[Request]:
    """The requests repeatedly, until the time is up."""
    end, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        yield requests[number % len(requests)]
        number += 1


def run_together(works: Sequence[Callable[[], None]]) -> None:
    """Run each in its own thread, until all have ended."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Probe:
    """Asks for health and metrics ten times a second, as a load balancer and Prometheus do, while the block runs."""

    def __init__(self, service: HasAddress) -> None:
        self.outcomes = Outcomes()
        self._client = Client(service)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_again_and_again)

    def __enter__(self) -> Outcomes:
        self._thread.start()
        return self.outcomes

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask_again_and_again(self) -> None:
        while not self._over.wait(0.1):
            for path in ("/health/ready", "/health/live", "/metrics"):
                self.outcomes.every.append(self._client.get(path))
                self.outcomes.sent += 1
