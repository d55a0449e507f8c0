"""Searches for the most expensive files: processor time and memory, also per kilobyte sent.

    python -m benchmarks.decoding_cost [--minutes 30] [--only FORMAT] [--seed N] [--keep FOLDER]

The minutes are processor time, shared by the formats. Files are drawn, and the most expensive ones are mutated, in
their numbers or bytes. Reports each format's worst files by milliseconds, by megabytes, and by both per kilobyte. The
last line is JSON. Exits with 1 if a file takes more than 1.5 times the decoding budget or more memory than allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2

from img_super.pipeline import decoder_process
from img_super.pipeline.decode_limits import DecodeLimits
from tests.hostile.cost import Cost, cost_of
from tests.hostile.costly import FORMATS, GENES, Draw
from tests.hostile.files import repaired_png

MEMORY_BYTES: Final = 768 * 1024 * 1024
"""What a thread has for decoding in the documented container: 2 GB, two threads, 75 %."""

MOST_MB: Final = (MEMORY_BYTES + 256 * 1024 * 1024) / 1e6
"""The pixels' share, and what the process that decodes may have beside them."""

LIMITS: Final = DecodeLimits(max_memory_bytes=MEMORY_BYTES)
MOST_MS: Final = 1.5 * LIMITS.budget_ms
MOST_BYTES: Final = 20 * 1024 * 1024
_SMALL_KB: Final = 4
"""Added to each file's size, or the smallest ones would win by what any photo costs."""

_ELITE: Final = 6


@dataclass(frozen=True, slots=True)
class Individual:
    """A file by its numbers and its changed bytes: position (relative to its length), and value."""

    genes: tuple[float, ...]
    changes: tuple[tuple[float, int], ...] = ()

    def file(self, make: Callable[[Draw], bytes]) -> bytes:
        """Its bytes, with corrected PNG checksums."""
        data = bytearray(make(Draw(self.genes)))
        for share, value in self.changes:
            data[int(share * len(data))] = value
        return repaired_png(bytes(data)) if data.startswith(b"\x89PNG") and self.changes else bytes(data)

    def child(self, rng: random.Random) -> Individual:
        """A mutation."""
        if rng.random() < 0.4:
            place = rng.random() ** rng.choice((1, 3, 8))  # more often near the beginning, in the headers
            return Individual(self.genes, (*self.changes[-7:], (place, rng.randrange(256))))
        genes = list(self.genes)
        for _ in range(rng.choice((1, 1, 2, 4))):
            genes[rng.randrange(len(genes))] = rng.random()
        return Individual(tuple(genes), self.changes if rng.random() < 0.5 else ())


@dataclass(frozen=True, slots=True)
class Tried:
    """An individual, its file's size, and what that file cost."""

    individual: Individual
    kb: float
    cost: Cost


AIMS: Final[dict[str, Callable[[Tried], float]]] = {
    "ms": lambda one: one.cost.ms,
    "mb": lambda one: one.cost.mb,
    "ms_per_kb": lambda one: one.cost.ms / (one.kb + _SMALL_KB),
    "mb_per_kb": lambda one: one.cost.mb / (one.kb + _SMALL_KB),
}


@dataclass
class Search:
    """One format's search: the best so far by each aim."""

    make: Callable[[Draw], bytes]
    rng: random.Random
    tried: int = 0
    spent_s: float = 0.0
    best: dict[str, list[Tried]] = field(default_factory=lambda: {aim: [] for aim in AIMS})

    def step(self) -> None:
        """Try one more file."""
        individual = self._next()
        try:
            data = individual.file(self.make)
        except (ValueError, OSError, MemoryError, IndexError, struct.error):  # such a file cannot be made
            return
        if 0 < len(data) <= MOST_BYTES:
            self._take(Tried(individual, len(data) / 1000, cost_of(data, LIMITS)))

    def worst(self, aim: str) -> Tried:
        """The worst of all tried files."""
        return self.best[aim][0]

    def _next(self) -> Individual:
        known = [one for elite in self.best.values() for one in elite]
        if known and self.rng.random() < 0.75:
            return self.rng.choice(known).individual.child(self.rng)
        return Individual(tuple(self.rng.random() for _ in range(GENES)))

    def _take(self, one: Tried) -> None:
        self.tried += 1
        for aim, measure in AIMS.items():
            self.best[aim] = sorted([*self.best[aim], one], key=measure, reverse=True)[:_ELITE]


def main() -> None:
    """Print the worst of each format, then all of it as JSON; also when it is interrupted (SIGINT)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", choices=sorted(FORMATS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="Write the worst files there.")
    arguments = parser.parse_args()
    decoder_process._warm_up()
    cv2.setNumThreads(0)
    names = [arguments.only] if arguments.only else list(FORMATS)
    searches = {name: Search(FORMATS[name], random.Random(arguments.seed)) for name in names}  # noqa: S311 a search
    with suppress(KeyboardInterrupt):
        search_for(list(searches.values()), 60 * arguments.minutes)
    row = {name: told(search) for name, search in searches.items()}
    for name, search in searches.items():
        print(f"{name:>5}: {in_words(search)}", flush=True)
        if arguments.keep:
            keep(search, arguments.keep, name)
    worst_ms, worst_mb = (max(one[aim][aim] for one in row.values()) for aim in ("ms", "mb"))
    limits = {"most_ms": MOST_MS, "most_mb": round(MOST_MB)}
    print(json.dumps({"benchmark": "decoding_cost", "worst_ms": worst_ms, "worst_mb": worst_mb, **limits, **row}))
    sys.exit(worst_ms > MOST_MS or worst_mb > MOST_MB)


def search_for(searches: list[Search], seconds: float) -> None:
    """Search for this much processor time, including children, shared evenly between the formats."""
    end_s = processor_s() + seconds
    while (begin_s := processor_s()) < end_s:
        search = min(searches, key=lambda one: one.spent_s)
        search.step()
        search.spent_s += processor_s() - begin_s


def processor_s() -> float:
    """Processor time of this process and of ended children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def told(search: Search) -> dict[str, Any]:
    """The worst by each aim."""
    worst = {aim: search.worst(aim) for aim in AIMS}
    row = {
        aim: {"ms": round(one.cost.ms), "mb": round(one.cost.mb), "kb": round(one.kb, 1), aim: round(AIMS[aim](one), 1)}
        for aim, one in worst.items()
    }
    return {"tried": search.tried, "processor_s": round(search.spent_s), **row}


def in_words(search: Search) -> str:
    """The worst by time, by memory, and by both for each kilobyte."""
    slow, large, slow_small, large_small = (search.worst(aim) for aim in AIMS)
    return (
        f"{slow.cost.ms:.0f} ms ({slow.kb:.0f} kB), {large.cost.mb:.0f} MB ({large.kb:.0f} kB); for their size "
        f"{slow_small.cost.ms:.0f} ms ({slow_small.kb:.1f} kB), {large_small.cost.mb:.0f} MB ({large_small.kb:.1f} kB)"
        f"; {search.tried} files"
    )


def keep(search: Search, folder: Path, name: str) -> None:
    """Save the worst files."""
    folder.mkdir(parents=True, exist_ok=True)
    for aim in AIMS:
        (folder / f"{name}.{aim}").write_bytes(search.worst(aim).individual.file(search.make))


if __name__ == "__main__":
    main()
