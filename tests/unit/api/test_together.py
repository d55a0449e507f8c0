from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from img_super.api import together as together_module
from img_super.api.together import Switch, Together, living
from img_super.errors import BadModel
from tests.waiting import until_then

OLD, NEW = Path("old"), Path("new")


class Worker:
    """One of several workers in this process; the others have ids of living processes."""

    def __init__(self, folder: Path, process: int, refuses: bool = False) -> None:
        self.together = Together(folder, process)
        self.model, self.switched_s, self._refuses = self.together.served, 0.0, refuses
        self.together.join()

    async def prepare(self, model: Path) -> Switch:
        await asyncio.sleep(0.01)
        if self._refuses:
            raise BadModel("It does not answer.")
        return lambda: self._serve_with(model)

    def _serve_with(self, model: Path) -> None:
        self.model, self.switched_s = model, monotonic()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together_module, "_LOOK_EVERY_S", 0.005)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Together.begin(tmp_path, OLD)
    return tmp_path


@asynccontextmanager
async def taking_part(*workers: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.together.take_part(worker.prepare)) for worker in workers]
    yield
    for task in tasks:
        task.cancel()


def test_all_workers_switch_at_once(folder: Path) -> None:
    async def change() -> None:
        first, second = Worker(folder, os.getpid()), Worker(folder, os.getppid())
        async with taking_part(first, second):
            began_s = monotonic()
            await first.together.change(NEW, first.prepare)
            await until_then(lambda: second.model == NEW)
        assert first.model == NEW
        assert min(first.switched_s, second.switched_s) > first.together.proposal.at_s - 0.01 > began_s

    asyncio.run(change())


@pytest.mark.parametrize("refuser", [0, 1])
def test_one_failure_cancels_the_change_for_all(folder: Path, refuser: int) -> None:
    async def change() -> None:
        workers = [Worker(folder, os.getpid(), refuser == 0), Worker(folder, os.getppid(), refuser == 1)]
        first, second = workers
        async with taking_part(*workers):
            with pytest.raises(BadModel, match="does not answer"):
                await first.together.change(NEW, first.prepare)
            assert (first.model, second.model, first.together.served) == (OLD, OLD, OLD)
            workers[refuser]._refuses = False
            await second.together.change(NEW, second.prepare)
            await until_then(lambda: first.model == second.model == NEW)

    asyncio.run(change())


def test_late_worker_serves_the_current_model(folder: Path) -> None:
    async def change() -> None:
        first = Worker(folder, os.getpid())
        async with taking_part(first):
            await first.together.change(NEW, first.prepare)
        assert Worker(folder, os.getppid()).model == NEW

    asyncio.run(change())


def test_worker_starting_during_a_change_is_waited_for(folder: Path) -> None:
    async def change() -> None:
        slow, first = Worker(folder, os.getppid()), Worker(folder, os.getpid())
        change = asyncio.create_task(first.together.change(NEW, first.prepare))
        await until_then(lambda: first.together.proposal.number == 1)
        late = Worker(folder, 1)
        async with taking_part(slow, late):
            await change
            await until_then(lambda: late.model == slow.model == NEW)

    asyncio.run(change())


def test_ended_worker_is_not_waited_for(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    Together(folder, ended.pid).join()

    async def change() -> None:
        first = Worker(folder, os.getpid())
        assert living(folder) == [os.getpid()]
        await first.together.change(NEW, first.prepare)
        assert first.model == NEW

    asyncio.run(change())


def test_one_change_at_a_time(folder: Path) -> None:
    async def change() -> None:
        first, second = Worker(folder, os.getpid()), Worker(folder, os.getppid())
        waiting = asyncio.create_task(first.together.change(NEW, first.prepare))
        await until_then(lambda: first.together.proposal.number == 1)
        with pytest.raises(BadModel, match="Another worker"):
            await second.together.change(OLD, second.prepare)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        assert first.together.proposal.step == "drop"

    asyncio.run(change())


def test_single_worker_switches_alone(tmp_path: Path) -> None:
    assert Together.found(None) is None
    assert Together.found(str(tmp_path)) is None


def test_initiating_worker_answers_after_the_switch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together_module, "_LOOK_EVERY_S", 0)

    async def change() -> None:
        worker = Worker(folder, os.getpid())
        async with taking_part(worker):
            await worker.together.change(NEW, worker.prepare)
            assert worker.model == NEW

    asyncio.run(change())
