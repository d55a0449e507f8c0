"""The inner side of a way. Imports only the standard library, because it also runs in other environments."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

READY = "ready"


def work_on_lines(prepare: Callable[[bytes], Callable[[], object]]) -> None:
    """For each path on a line, say how many milliseconds the prepared work took: by the clock, and of the processor."""
    print(READY, flush=True)
    for line in sys.stdin:
        work = prepare(Path(line.strip()).read_bytes())
        start, start_processor = time.perf_counter(), time.process_time()
        work()
        clock, processor = time.perf_counter() - start, time.process_time() - start_processor
        print(f"{1000 * clock:.3f} {1000 * processor:.3f}", flush=True)
