"""Limits requests per caller. Counting takes constant time, and the number of callers is bounded."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

WINDOW_S: Final = 60
MAX_CALLERS: Final = 100_000
"""Counted separately per minute, in some 20 MB. An IPv6 /48 has 65,536 customers; later ones share a count."""

_THE_REST: Final = ""


@dataclass(frozen=True, slots=True)
class Count:
    """Whether a request is admitted, how many more would be, and the seconds until the minute ends.

    `wait_s`: seconds until a refused request would be admitted if no other comes; 0 if never.
    """

    admitted: bool
    left: int
    reset_s: int
    wait_s: int


class RateLimit:
    """A sliding window: the previous minute counts by its overlap with the last 60 s. Per worker."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._minute = 0
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def count(self, caller: str, requests: int = 1) -> Count:
        """Refused requests are not counted."""
        minute, passed_s = divmod(self._clock(), WINDOW_S)
        self._turn_to(int(minute))
        if caller not in self._now and len(self._now) >= MAX_CALLERS:
            caller = _THE_REST
        used = self._now[caller] + self._before[caller] * (1 - passed_s / WINDOW_S)
        admitted = used + requests <= self.per_minute
        if admitted:
            self._now[caller] += requests
            used += requests
        left, reset_s = max(0, floor(self.per_minute - used)), max(1, ceil(WINDOW_S - passed_s))
        return Count(admitted, left, reset_s, 0 if admitted else self._wait_s(caller, requests, passed_s))

    def _wait_s(self, caller: str, requests: int, passed_s: float) -> int:
        """Until the previous minute's share leaves room; if the current one is full, until the next minute."""
        now, before, room = self._now[caller], self._before[caller], self.per_minute - requests
        if room < 0:
            return 0
        admitted_s = WINDOW_S * (1 - (room - now) / before if now <= room else 2 - room / now)
        return floor(admitted_s - passed_s) + 1

    def _turn_to(self, minute: int) -> None:
        if minute != self._minute:
            self._before = self._now if minute == self._minute + 1 else Counter()
            self._now, self._minute = Counter(), minute
