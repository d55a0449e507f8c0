"""A real service in a process of its own, behind a real port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

SOURCES = Path(__file__).parents[1] / "src"


@dataclass
class Service:
    """A running service and its address."""

    process: subprocess.Popen[bytes]
    url: str
    output: IO[bytes]

    def said(self) -> str:
        """Everything that it has written so far."""
        # Not by seeking: the service writes through the same position.
        return os.pread(self.output.fileno(), os.fstat(self.output.fileno()).st_size, 0).decode()


def environment(**variables: str) -> dict[str, str]:
    """This environment with the package on the path."""
    return {**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1", **variables}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_service(*options: str, **variables: str) -> Iterator[Service]:
    """Start `img-super serve` with these options and variables, wait until it is ready, kill it at the end."""
    port = free_port()
    command = [sys.executable, "-m", "img_super", "serve", "--port", str(port), *options]
    # A file: a pipe that nobody reads is full after some hundred lines of the log, and the service stands still.
    with TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment(**variables), stdout=output, stderr=subprocess.STDOUT)
        service = Service(process, f"http://127.0.0.1:{port}", output)
        try:
            wait_until_ready(service)
            yield service
        finally:
            process.kill()
            process.wait()


def wait_until_ready(service: Service, seconds: float = 300) -> None:
    """Raises AssertionError when the service ends or does not become ready in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and service.process.poll() is None:
        try:
            urllib.request.urlopen(f"{service.url}/health/ready", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the service did not become ready")
