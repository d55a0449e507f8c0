"""A real service in a separate process, on a real port."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

SOURCES = Path(__file__).parents[1] / "src"
DOCKERFILE = SOURCES / "img_super" / "Dockerfile"


@dataclass
class Service:
    """A running service and its address."""

    process: subprocess.Popen[bytes]
    url: str

    def __post_init__(self) -> None:
        self._lines: list[bytes] = []
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def address(self) -> tuple[str, int]:
        """Its host and port, for who speaks to it without an HTTP client."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def _listen(self) -> None:
        """A pipe that nobody reads fills up, and the service stands still (no file: a test forbids it to write any)."""
        assert self.process.stdout is not None  # noqa: S101 - opened as a pipe below
        with self.process.stdout as pipe:
            self._lines.extend(pipe)

    def said(self) -> str:
        """Everything that it has written so far; all of it, once it has ended."""
        if self.process.poll() is not None:
            self._listener.join(timeout=10)
        return b"".join(self._lines).decode()


def environment(**variables: str) -> dict[str, str]:
    """This environment with the package on the path, and memory kept as in the container."""
    of_image = dict(re.findall(r"(MALLOC_\w+)=(\d+)", DOCKERFILE.read_text()))
    return {**os.environ, **of_image, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1", **variables}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_service(*options: str, **variables: str) -> Iterator[Service]:
    """Start `img-super serve` with these options and variables, wait until it is ready, end it at the end."""
    with running([sys.executable, "-m", "img_super", "serve", *options], "/health/ready", **variables) as service:
        yield service


@contextmanager
def running(command: Sequence[str], ready: str, **variables: str) -> Iterator[Service]:
    """Start any server that takes `--port`, wait until its address `ready` answers, end it at the end."""
    port = free_port()
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    service = Service(process, f"http://127.0.0.1:{port}")
    try:
        wait_until_ready(service, ready=ready)
        yield service
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let the server end, so that it takes its workers along; kill it when it does not."""
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_ready(service: Service, seconds: float = 300, ready: str = "/health/ready") -> None:
    """Raises AssertionError when the service ends or does not become ready in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and service.process.poll() is None:
        try:
            urllib.request.urlopen(f"{service.url}{ready}", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the service did not become ready")
