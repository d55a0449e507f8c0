"""What a client can cost the service with bytes alone: endless trailers, huge texts, refusals, unread answers.

    python -m benchmarks.wire [--only NAME]

Each attack gets its own service. The last line is JSON: per attack, the longest `/health/live`, the maximum growth of
the service's memory, and the attack's own counts.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.clients import Client
from benchmarks.memory import resident_mb
from benchmarks.running_service import Service, running_service

MB = 1_000_000
REFUSALS = 30
READERS = 20
PATIENCE_S = 60


@dataclass
class Cost:
    """The observations during an attack."""

    health_ms: float = 0.0
    grown_mb: float = 0.0
    seconds: float = 0.0
    counted: dict[str, int] = field(default_factory=dict)


@contextmanager
def watched(service: Service) -> Iterator[Cost]:
    """Poll health and memory continuously, each in its own thread, while the block runs."""
    cost, over, start = Cost(), threading.Event(), time.perf_counter()
    before_mb = resident_mb(service.process.pid)

    def ask() -> None:
        client = Client(service)
        while not over.wait(0.005):
            cost.health_ms = max(cost.health_ms, round(1000 * client.get("/health/live").seconds, 1))

    def weigh() -> None:
        while not over.wait(0.02):
            cost.grown_mb = max(cost.grown_mb, round(resident_mb(service.process.pid) - before_mb, 1))

    threads = [threading.Thread(target=work) for work in (ask, weigh)]
    for thread in threads:
        thread.start()
    try:
        yield cost
    finally:
        over.set()
        for thread in threads:
            thread.join()
        cost.seconds = round(time.perf_counter() - start, 1)


def connect(service: Service) -> socket.socket:
    """A raw connection."""
    url = urlsplit(service.url)
    return socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S)


def shout(service: Service, *pieces: bytes) -> None:
    """Send everything the service accepts, then wait for it to close."""
    with connect(service) as line, suppress(OSError):
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65_536):
            pass


def trailers(service: Service, _: Cost) -> None:
    """60 MB of trailers after an empty body."""
    head = b"POST /super HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    shout(service, head, *[b"".join(b"x-%05d: 1234567890\r\n" % n for n in range(3000))] * (60 * MB // 63_000))


def one_trailer(service: Service, _: Cost) -> None:
    """30 MB of one trailer's value."""
    head = b"POST /super HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: "
    shout(service, head, *[b"x" * 10_000] * (30 * MB // 10_000))


def small_chunks(service: Service, _: Cost) -> None:
    """A body in chunks of one byte."""
    head = b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    shout(service, head, *[b"1\r\nx\r\n" * 10_000] * 500)


def refusals(service: Service, cost: Cost) -> None:
    """Bodies over the limit with `Connection: close`: how many of the refusals arrive?"""
    body = b"\xff" * 25 * MB
    head = b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nConnection: close\r\n"
    for _ in range(REFUSALS):
        with connect(service) as line, suppress(OSError):
            line.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answer = line.recv(65_536)
            cost.counted["answered"] = cost.counted.get("answered", 0) + answer.startswith(b"HTTP/1.1 413")
    cost.counted["sent"] = REFUSALS


def slow_readers(service: Service, cost: Cost) -> None:
    """Request a large page repeatedly without reading: which connections remain after a minute?"""
    lines = [connect(service) for _ in range(READERS)]
    for line in lines:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(OSError):
            line.sendall(b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    time.sleep(PATIENCE_S)
    cost.counted = {"connected": sum(map(is_open, lines)), "of": READERS}


def is_open(line: socket.socket) -> bool:
    """Whether more than the buffered bytes can be read."""
    line.settimeout(2)
    read = 0
    try:
        while piece := line.recv(1 << 20):
            read += len(piece)
            if read > 25 * MB:
                return True
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


def foreign_letters(service: Service, _: Cost) -> None:
    """20 MB of text that is not base64."""
    post(service, "/super", b'{"image": "' + "é".encode() * (10 * MB - 100) + b'"}')


def long_feedback(service: Service, _: Cost) -> None:
    """20 MB of JSON where 100 bytes are enough."""
    post(service, "/feedback", b'{"request_id": "a", "label": "attack", "more": [' + b"1," * (10 * MB - 100) + b"1]}")


def post(service: Service, path: str, body: bytes) -> None:
    """Send JSON and wait for the answer."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    shout(service, head.encode() + b"Content-Length: %d\r\n\r\n" % len(body), body)


ATTACKS: dict[str, Callable[[Service, Cost], None]] = {
    attack.__name__: attack
    for attack in (trailers, one_trailer, small_chunks, refusals, slow_readers, foreign_letters, long_feedback)
}


def main() -> None:
    """Print what each attack cost, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=sorted(ATTACKS))
    only = parser.parse_args().only
    row: dict[str, dict[str, object]] = {}
    for name, attack in ATTACKS.items():
        if only in (None, name):
            quiet = running_service("--threads", "1", IMG_SUPER_LOG_LEVEL="error")
            with quiet as service, watched(service) as cost:
                attack(service, cost)
            row[name] = {"health_ms": cost.health_ms, "grown_mb": cost.grown_mb, "s": cost.seconds, **cost.counted}
            print(f"{name:>16}: {row[name]}", flush=True)
    print(json.dumps({"benchmark": "wire", **row}))


if __name__ == "__main__":
    main()
