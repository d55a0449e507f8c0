"""Seconds from the start of the process until `/health/ready` answers 200.

    python -m benchmarks.cold_start [--starts N]

The first start warms the disk and is not counted. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median

from benchmarks.running_service import running_service


def main() -> None:
    """Print the median and the range, then all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    times_s = [seconds_to_ready() for _ in range(parser.parse_args().starts + 1)][1:]
    print(f"ready after {median(times_s):.2f} s ({min(times_s):.2f} to {max(times_s):.2f}, {len(times_s)} starts)")
    print(json.dumps({"benchmark": "cold_start", "median_s": median(times_s), "all_s": times_s}))


def seconds_to_ready() -> float:
    """Start the service once."""
    start = time.perf_counter()
    with running_service():
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
