"""Overload, deadlines and disconnects, through the application with fakes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from img_super.api.app import create_app
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeValidator
from tests.unit.api.slow_service import PHOTO, SlowDetector, service
from tests.waiting import until_then

PNG = {"content-type": "image/png"}


@pytest.fixture
def slow() -> SlowDetector:
    return SlowDetector()


def post(client: httpx2.AsyncClient) -> asyncio.Task[httpx2.Response]:
    return asyncio.ensure_future(client.post("/super", content=PHOTO, headers=PNG))


def test_excess_request_is_refused_at_once_and_the_others_answered(
    slow: SlowDetector, validator: FakeValidator
) -> None:
    async def crowd() -> None:
        async with service(slow, validator, queue=2) as client:
            answers = [post(client) for _ in range(3)]
            await until_then(lambda: slow.seen)
            refused = await post(client)
            assert refused.status_code == 503
            assert refused.json()["code"] == "overloaded"
            assert int(refused.headers["retry-after"]) >= 1
            slow.go_on.set()
            assert [answer.status_code for answer in await asyncio.gather(*answers)] == [200] * 3

    asyncio.run(crowd())


def test_refusal_does_not_wait_for_the_body(slow: SlowDetector, validator: FakeValidator) -> None:
    async def never_ending() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        raise AssertionError("the body was read")

    async def crowd() -> None:
        async with service(slow, validator, queue=0) as client:
            first = post(client)
            await until_then(lambda: slow.seen)
            assert (await client.post("/super", content=never_ending(), headers=PNG)).status_code == 503
            slow.go_on.set()
            assert (await first).status_code == 200

    asyncio.run(crowd())


def test_health_answers_under_full_load(slow: SlowDetector, validator: FakeValidator) -> None:
    async def crowd() -> None:
        async with service(slow, validator, queue=0) as client:
            first = post(client)
            await until_then(lambda: slow.seen)
            assert (await client.get("/health/live")).status_code == 200
            slow.go_on.set()
            await first

    asyncio.run(crowd())


def test_deadline_gives_504_and_stops_the_work_at_its_next_stage(
    slow: SlowDetector, validator: FakeValidator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def until_begun(works: set[asyncio.Future[Any]], timeout: float, **how: Any) -> Any:
        """Make the deadline pass once the work has begun."""
        assert timeout == 600
        await until_then(lambda: slow.seen)
        return await asyncio.wait(works, timeout=0, **how)

    hurried = SimpleNamespace(**{**vars(asyncio), "wait": until_begun})

    async def wait_too_long() -> None:
        async with service(slow, validator, deadline_s=600) as client:
            with monkeypatch.context() as patched:
                patched.setattr("img_super.api.photo_work.asyncio", hurried)
                late = await post(client)
            assert (late.status_code, late.json()["code"]) == (504, "deadline_passed")
            slow.go_on.set()
            assert (await post(client)).status_code == 200

    asyncio.run(wait_too_long())
    assert len(slow.seen) == 2
    assert len(validator.seen) == 1, "the photo of the first request was validated although nobody waited for it"


async def send_and_go(app: Callable[..., Awaitable[None]], gone: asyncio.Event) -> list[int]:
    """A client that sends its photo and disconnects when `gone` is set; returns the statuses sent after that."""
    messages = iter([{"type": "http.request", "body": PHOTO, "more_body": False}])
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        for message in messages:
            return dict(message)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if "status" in message:
            statuses.append(int(str(message["status"])))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/super",
        "raw_path": b"/super",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", b"image/png")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    await app(scope, receive, send)
    return statuses


def test_work_of_a_disconnected_client_is_dropped(slow: SlowDetector, validator: FakeValidator) -> None:
    async def go() -> None:
        app = create_app(Settings(threads=1, queue=5), Pipeline(slow, validator))
        pool = app.state.services.pool
        gone = asyncio.Event()
        working = asyncio.create_task(send_and_go(app, gone))
        await until_then(lambda: slow.seen)
        waiting = [asyncio.create_task(send_and_go(app, gone)) for _ in range(3)]
        await until_then(lambda: pool.waiting == 3)
        gone.set()
        assert await asyncio.gather(working, *waiting) == [[499]] * 4
        assert (pool.working, pool.waiting) == (1, 0)
        slow.go_on.set()
        await until_then(lambda: pool.working == 0)
        pool.close()

    asyncio.run(go())
    assert len(slow.seen) == 1, "photos were decoded for clients that had gone"
    assert validator.seen == [], "the photo in work was validated although its client had gone"


def test_photo_is_refused_temporarily_when_memory_is_short(
    slow: SlowDetector, validator: FakeValidator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    async def squeeze() -> None:
        slow.go_on.set()
        async with service(slow, validator) as client:
            with monkeypatch.context() as squeezed:
                squeezed.setattr("img_super.pipeline.decoder.Decoder.decode", no_memory)
                refused = await post(client)
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert refused.headers["retry-after"] == "1"
            assert (await post(client)).status_code == 200

    asyncio.run(squeeze())


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_clock_change_loses_no_request(
    slow: SlowDetector, validator: FakeValidator, monkeypatch: pytest.MonkeyPatch, jump_s: int
) -> None:
    async def jump() -> None:
        async with service(slow, validator) as client:
            answer = post(client)
            await until_then(lambda: slow.seen)
            now = time.time()
            monkeypatch.setattr("time.time", lambda: now + jump_s)
            slow.go_on.set()
            assert (await answer).status_code == 200
            assert (await post(client)).status_code == 200

    asyncio.run(jump())
