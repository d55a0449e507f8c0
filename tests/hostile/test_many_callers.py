"""Forged callers: each costs no more than the first, and they do not accumulate."""

from __future__ import annotations

import pytest

from img_super.api import rate_limit
from img_super.api.rate_limit import RateLimit


class Clock:
    """A clock that only moves on request."""

    now_s = 1000.0 * rate_limit.WINDOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def kept(limit: RateLimit) -> int:
    return len(limit._now) + len(limit._before)


def test_tracked_callers_are_bounded_and_expire(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_CALLERS", 100)
    limit = RateLimit(2, clock)
    assert limit.count("known").admitted
    answers = [limit.count(f"10.0.{number >> 8}.{number & 255}").admitted for number in range(1000)]
    assert answers == [True] * 101 + [False] * 899  # 99 of their own, two of all the others
    assert kept(limit) == 101
    assert limit.count("known").admitted
    for _ in range(2):
        clock.now_s += rate_limit.WINDOW_S
        assert limit.count("known", 0).admitted
    assert kept(limit) <= 2


def test_previous_minute_counts_in_proportion(clock: Clock) -> None:
    limit = RateLimit(10, clock)
    assert [limit.count("a").left for _ in range(10)] == [*reversed(range(10))]
    assert not limit.count("a").admitted
    clock.now_s += rate_limit.WINDOW_S
    assert not limit.count("a").admitted
    clock.now_s += 30
    assert (limit.count("a", 5).admitted, limit.count("a").admitted) == (True, False)
    clock.now_s += 5 * rate_limit.WINDOW_S
    assert limit.count("a", 10).admitted


@pytest.mark.parametrize(("before", "now", "asked"), [(0, 10, 1), (0, 10, 7), (0, 10, 10), (10, 3, 5), (10, 0, 10)])
def test_retry_after_is_exact(clock: Clock, before: int, now: int, asked: int) -> None:
    limit = RateLimit(10, clock)
    assert limit.count("a", before).admitted
    clock.now_s += rate_limit.WINDOW_S + 20
    assert limit.count("a", now).admitted
    wait_s = limit.count("a", asked).wait_s
    for seconds, admitted in ((wait_s - 2, False), (2, True)):
        clock.now_s += seconds
        assert limit.count("a", asked).admitted is admitted
    assert limit.count("a", 11).wait_s == 0
