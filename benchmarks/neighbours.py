"""A good client beside 500 idle connections, 100 slow bodies, 100 slow readers and 50 disconnecting clients.

    python -m benchmarks.neighbours [--seconds N] [--at-once]

First the good client is alone, then the others join from a separate process, one by one, or all at once, in which case
they also leave at once. Disconnected ones return immediately. The last line is JSON: the good client's latencies, the
service's answers, and its memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import socket
import struct
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import numpy as np

from benchmarks.clients import Outcomes, Request, crowd, for_seconds
from benchmarks.memory import resident_mb
from benchmarks.photos import SAMPLE, photo_at
from benchmarks.running_service import Service, running_service

IDLE, SLOW_BODIES, SLOW_READERS, LEAVING = 500, 100, 100, 50
COMING_S: Final = 4
SETTLED_S: Final = 5
"""So long they take to come; after so long all of them are there."""

_LARGE: Final = b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
_SMALL: Final = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
_UPLOAD: Final = b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 200000\r\n\r\n"
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)

Address = tuple[str, int]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def main() -> None:
    """Print what the good client saw, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--at-once", action="store_true", help="all neighbours come, and leave, in the same moment")
    arguments = parser.parse_args()
    seconds, coming_s = arguments.seconds, 0 if arguments.at_once else COMING_S
    with running_service("--threads", "2", IMG_SUPER_LOG_LEVEL="error") as service:
        alone, before = good_client(service, seconds / 3), server_errors(service)
        with bad_neighbours(service, coming_s):
            time.sleep(SETTLED_S)
            with watched(service) as seen:
                beside = good_client(service, seconds)
        row = {
            "alone_ms": latencies(alone),
            "beside_ms": latencies(beside),
            "p99_over_p50": round(beside.ms(0.99) / beside.ms(0.5), 2),
            "statuses": beside.statuses(),
            "sockets": round(float(np.median([sockets for sockets, _ in seen]))),
            "server_errors": dict(server_errors(service) - before),
            "resident_mb": [round(float(np.median(half))) for half in np.array_split([mb for _, mb in seen], 2)],
        }
    for name, value in row.items():
        print(f"{name:>14}: {value}")
    print(json.dumps({"benchmark": "neighbours", "seconds": seconds, "coming_s": coming_s, **row}))


def good_client(service: Service, seconds: float) -> Outcomes:
    """One photo after the other, on one connection."""
    photo = Request(photo_at(SAMPLE, 1280, 960), "image/jpeg")
    return crowd(service, for_seconds([photo], seconds), clients=1)


def latencies(outcomes: Outcomes) -> dict[str, float]:
    """Of all its answers."""
    return {"p50": outcomes.ms(0.5), "p99": outcomes.ms(0.99), "max": outcomes.ms(1)}


def server_errors(service: Service) -> Counter[str]:
    """Answers of 500 and more that the service has given to anybody, by their code."""
    with urllib.request.urlopen(f"{service.url}/metrics", timeout=30) as answer:
        lines = re.findall(r'^img_super_requests_total\{.*status="(5\d\d)".*\} (\S+)$', answer.read().decode(), re.M)
    return Counter({code: int(float(count)) for code, count in lines})


def open_sockets(service: Service) -> int:
    """The number of the service's open sockets."""
    held = list[str]()
    for descriptor in Path(f"/proc/{service.process.pid}/fd").iterdir():
        with suppress(OSError):
            held.append(str(descriptor.readlink()))
    return sum(name.startswith("socket:") for name in held)


@contextmanager
def bad_neighbours(service: Service, coming_s: float) -> Iterator[None]:
    """The bad neighbours, while the block runs."""
    arguments = (service.address, coming_s)
    others = multiprocessing.get_context("spawn").Process(target=be_bad, args=arguments, daemon=True)
    others.start()
    try:
        yield
    finally:
        others.terminate()
        others.join()


@contextmanager
def watched(service: Service) -> Iterator[list[tuple[int, float]]]:
    """The service's sockets and memory, twice a second while the block runs."""
    seen, over = list[tuple[int, float]](), Event()

    def watch() -> None:
        while not over.wait(0.5):
            seen.append((open_sockets(service), resident_mb(service.process.pid)))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def be_bad(address: Address, coming_s: float) -> None:
    """Act as all neighbours, until this process is killed."""
    asyncio.run(_all_together(address, coming_s))


async def _all_together(address: Address, coming_s: float) -> None:
    kinds = {_say_nothing: IDLE, _send_slowly: SLOW_BODIES, _read_nothing: SLOW_READERS, _leave: LEAVING}
    every = [
        _again_and_again(kind, address, coming_s * number / count)
        for kind, count in kinds.items()
        for number in range(count)
    ]
    await asyncio.gather(*every)


async def _again_and_again(kind: Callable[[Streams], Coroutine[Any, Any, None]], address: Address, at_s: float) -> None:
    await asyncio.sleep(at_s)
    while True:
        with suppress(OSError):
            streams = await asyncio.open_connection(*address)
            with suppress(OSError):
                await kind(streams)
            streams[1].close()
        await asyncio.sleep(0.2)


async def _say_nothing(streams: Streams) -> None:
    streams[1].write(_SMALL)  # connections without any request are closed sooner
    await streams[0].read()


async def _send_slowly(streams: Streams) -> None:
    reader, writer = streams
    writer.write(_UPLOAD + b"\xff\xd8\xff")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(4096), 0.5)


async def _read_nothing(streams: Streams) -> None:
    """Wait for a reset, the only sign on an unread socket."""
    writer = streams[1]
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a transport that reads
    writer.write(_LARGE * 10)
    while True:
        await asyncio.sleep(1)
        writer.write(b"\r\n")
        await writer.drain()


async def _leave(streams: Streams) -> None:
    """Disconnect in the middle of an upload."""
    writer = streams[1]
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.write(_UPLOAD + b"x" * 100_000)
    await writer.drain()
    await asyncio.sleep(0.8)


if __name__ == "__main__":
    main()
