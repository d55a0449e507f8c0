"""A way in a separate process: it reads the path of a photo on a line, and answers its milliseconds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.running_service import environment
from benchmarks.ways.worker import READY


class Way:
    """The handle of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answer(READY)

    def take(self, photo: Path) -> tuple[float, float]:
        """Send one photo this way; milliseconds by the clock and of the processor.

        Raises:
            RuntimeError: the process has ended.
        """
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe below
        self._process.stdin.write(f"{photo}\n")
        self._process.stdin.flush()
        clock_ms, processor_ms = map(float, self._answer().split())
        return clock_ms, processor_ms

    def _answer(self, until: str = "") -> str:
        """The next line that begins so; networks say this and that before."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe below
        for line in self._process.stdout:
            if line.startswith(until):
                return line
        raise RuntimeError(f"{self._process.args!r} ended")


@contextmanager
def started(module: str, *arguments: str, python: str = sys.executable, **variables: str) -> Iterator[Way]:
    """Start `benchmarks.ways.<module>` and wait until it is ready; `python` may be that of another environment."""
    command = [python, "-m", f"benchmarks.ways.{module}", *arguments]
    process = subprocess.Popen(
        command, env=environment(**variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Way(process)
    finally:
        process.kill()
        process.wait()
