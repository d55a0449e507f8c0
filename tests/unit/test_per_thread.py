from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from img_super.per_thread import PerThread


def test_each_thread_keeps_its_own_object() -> None:
    objects, together = PerThread(object), Barrier(2)

    def ask_twice() -> tuple[object, object]:
        together.wait()
        return objects.get(), objects.get()

    with ThreadPoolExecutor(2) as pool:
        (first, first_again), (second, second_again) = (f.result() for f in [pool.submit(ask_twice) for _ in "ab"])
    assert first is first_again
    assert second is second_again
    assert first is not second
