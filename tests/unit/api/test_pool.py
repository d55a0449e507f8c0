from __future__ import annotations

import asyncio
from threading import get_ident

from img_super.api.pool import WorkPool


def test_work_is_done_in_another_thread() -> None:
    pool = WorkPool(1)
    assert asyncio.run(pool.run(get_ident)) != get_ident()
    pool.close()


def test_every_thread_is_reached_once() -> None:
    pool, seen = WorkPool(3), []
    asyncio.run(pool.run_in_every_thread(lambda: seen.append(get_ident())))
    assert len(seen) == len(set(seen)) == 3
    pool.close()
