from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event, get_ident
from types import SimpleNamespace

import pytest

from img_super.api.pool import WorkPool
from img_super.errors import Overloaded
from tests.waiting import PATIENCE_S, until_then


@pytest.fixture
def pool() -> Iterator[WorkPool]:
    pool = WorkPool(2, queue=1)
    yield pool
    pool.close()


def hold(begun: Event, go_on: Event) -> None:
    """Work in a thread that ends when released."""
    begun.set()
    go_on.wait(PATIENCE_S)


def test_work_runs_in_another_thread(pool: WorkPool) -> None:
    assert asyncio.run(pool.run(get_ident)) != get_ident()


def test_every_thread_is_reached_once(pool: WorkPool) -> None:
    seen: list[int] = []
    asyncio.run(pool.run_in_every_thread(lambda: seen.append(get_ident())))
    assert len(seen) == len(set(seen)) == 2


def test_excess_work_is_refused_at_once_and_the_rest_done(pool: WorkPool) -> None:
    go_on = Event()

    async def crowd() -> None:
        works = [asyncio.create_task(pool.run(lambda: go_on.wait(PATIENCE_S))) for _ in range(3)]
        await asyncio.sleep(0)
        assert (pool.working, pool.waiting) == (2, 1)
        with pytest.raises(Overloaded) as refused:
            await pool.run(get_ident)
        assert refused.value.retry_after_s is not None
        assert refused.value.retry_after_s >= 1
        go_on.set()
        assert await asyncio.gather(*works) == [True] * 3
        await until_then(lambda: pool.working == 0)
        pool.refuse_when_full()

    asyncio.run(crowd())


def test_abandoned_queued_work_never_runs(pool: WorkPool) -> None:
    go_on, done = Event(), []

    async def give_up() -> None:
        busy = [asyncio.create_task(pool.run(lambda: go_on.wait(PATIENCE_S))) for _ in range(2)]
        waiting = asyncio.create_task(pool.run(lambda: done.append(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert pool.waiting == 0
        go_on.set()
        await asyncio.gather(*busy)

    asyncio.run(give_up())
    assert done == []


def test_slot_is_held_until_the_thread_finishes(pool: WorkPool) -> None:
    begun, go_on = Event(), Event()

    async def give_up() -> None:
        working = asyncio.create_task(pool.run(lambda: hold(begun, go_on)))
        await until_then(begun.is_set)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert pool.working == 1
        go_on.set()
        await until_then(lambda: pool.working == 0)

    asyncio.run(give_up())


def test_slot_is_released_after_a_failure(pool: WorkPool) -> None:
    def fail() -> None:
        raise ValueError

    async def fail_often() -> None:
        for _ in range(5):
            with pytest.raises(ValueError):  # noqa: PT011
                await pool.run(fail)
        await until_then(lambda: pool.working == 0)

    asyncio.run(fail_often())


def test_long_expected_wait_is_refused_despite_free_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, go_on, now_s = WorkPool(1, queue=100, patience_s=3), Event(), [0.0]
    monkeypatch.setattr("img_super.api.pool.time", SimpleNamespace(monotonic=lambda: now_s[0]))

    async def crowd() -> None:
        for _ in range(5):  # the expected wait is based on this duration
            await pool.run(lambda: now_s.append(now_s.pop() + 10))
        works = [asyncio.create_task(pool.run(lambda: go_on.wait(PATIENCE_S))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            pool.refuse_when_full()
        go_on.set()
        await asyncio.gather(*works)
        await until_then(lambda: pool.working == 0)
        pool.refuse_when_full()

    asyncio.run(crowd())
    pool.close()


def test_pool_with_overdue_threads_is_stuck_and_then_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, go_on, late_s = WorkPool(2, queue=1, deadline_s=10), Event(), [0.0]
    monkeypatch.setattr("img_super.api.threads.monotonic", lambda: late_s[0])

    async def hold_up() -> None:
        first = asyncio.create_task(pool.run(lambda: go_on.wait(PATIENCE_S)))
        await until_then(lambda: pool.working == 1)
        late_s[0] = 100.0
        assert not pool.is_held_up()
        both = [first, asyncio.create_task(pool.run(lambda: go_on.wait(PATIENCE_S)))]
        await until_then(lambda: len(pool._threads._begun_s) == 2)
        for seconds, told in ((9, (False, False)), (11, (True, False)), (31, (True, True))):
            late_s[0] = 100.0 + seconds
            assert (pool.is_held_up(), pool.is_lost()) == told
        go_on.set()
        await asyncio.gather(*both)
        await until_then(lambda: not pool._threads._begun_s)
        assert not pool.is_held_up()

    asyncio.run(hold_up())
    monkeypatch.undo()
    pool.close()


def test_endless_work_does_not_block_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.api.pool._CLOSE_S", 0.05)
    pool, begun, go_on, ended = WorkPool(1, queue=1), Event(), Event(), Event()

    def hold_on() -> None:
        hold(begun, go_on)
        ended.set()

    async def give_up() -> None:
        work = asyncio.create_task(pool.run(hold_on))
        await until_then(begun.is_set)
        work.cancel()
        pool.close()
        assert not ended.is_set()
        with pytest.raises(RuntimeError):
            await pool.run(get_ident)

    asyncio.run(give_up())
    go_on.set()
