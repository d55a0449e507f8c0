"""The middleware that limits bodies, at the ASGI interface."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from img_super.api.limits import BodyLimits
from img_super.errors import ClientGone, Overloaded, SlowBody, TooManyBytes
from tests.waiting import PATIENCE_S, until_then

PIECE = b"x" * 100
TIMEOUT_S = 0.05


class Reader:
    """An application that reads the body, and holds it until released."""

    def __init__(self) -> None:
        self.received = 0
        self.answer = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            self.received += len(message["body"])
            more = message["more_body"]
        await self.answer.wait()


def scope(length: int | str | None = None) -> Scope:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "path": "/super", "headers": headers}


def body(pieces: int, asked_for: list[int] | None = None) -> Receive:
    """A body in chunks of 100 bytes that counts the requested chunks."""
    left: Iterable[int] = iter(range(pieces - 1, -1, -1))

    async def receive() -> Message:
        number = next(iter(left))
        if asked_for is not None:
            asked_for.append(number)
        return {"type": "http.request", "body": PIECE, "more_body": number > 0}

    return receive


async def nowhere(_: Message) -> None:
    return


def limits(app: Reader, **options: Any) -> BodyLimits:
    return BodyLimits(app, **{"max_bytes": 1000, "max_bytes_together": 10_000, "timeout_s": 5, **options})


@pytest.mark.parametrize("announced", [None, "1000", "nonsense", "-5"])
def test_body_at_the_limit_passes(announced: str | None) -> None:
    async def send() -> None:
        app = Reader()
        app.answer.set()
        await limits(app)(scope(announced), body(10), nowhere)
        assert app.received == 1000

    asyncio.run(send())


def test_oversized_content_length_is_refused_unread() -> None:
    async def send() -> None:
        asked_for: list[int] = []
        with pytest.raises(TooManyBytes):
            await limits(Reader())(scope(1001), body(11, asked_for), nowhere)
        assert asked_for == []

    asyncio.run(send())


@pytest.mark.parametrize("announced", [None, 10, "nonsense"])
def test_body_without_an_honest_length_is_counted(announced: int | None) -> None:
    async def send() -> None:
        app, asked_for = Reader(), list[int]()
        with pytest.raises(TooManyBytes):
            await limits(app)(scope(announced), body(1_000_000, asked_for), nowhere)
        assert app.received == 0
        assert len(asked_for) == 11

    asyncio.run(send())


def test_slow_body_times_out_despite_trickling_bytes() -> None:
    endless = limits(Reader(), max_bytes=1 << 60, max_bytes_together=1 << 60, timeout_s=TIMEOUT_S)

    async def drip() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send() -> None:
        with pytest.raises(SlowBody):
            await asyncio.wait_for(endless(scope(), drip, nowhere), PATIENCE_S)

    asyncio.run(send())


def test_body_deadline_does_not_limit_the_answer() -> None:
    async def send() -> None:
        app = Reader()
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        request = asyncio.create_task(limits(app, timeout_s=TIMEOUT_S)(scope(), body(1), nowhere))
        await until_then(lambda: app.received and loop.time() > begun_s + 2 * TIMEOUT_S)
        app.answer.set()
        await request

    asyncio.run(send())


def test_total_body_bytes_are_limited_and_released() -> None:
    async def send() -> None:
        app = Reader()
        counted = limits(app, max_bytes_together=2500)
        held = [asyncio.create_task(counted(scope(), body(10), nowhere)) for _ in range(2)]
        await until_then(lambda: app.received == 2000)
        with pytest.raises(Overloaded) as refused:
            async with asyncio.timeout(PATIENCE_S):
                await counted(scope(), body(10), nowhere)
        assert refused.value.retry_after_s == 1
        app.answer.set()
        await asyncio.gather(*held)
        for _ in range(5):
            await counted(scope(), body(10), nowhere)

    asyncio.run(send())


def test_disconnect_during_the_body_is_reported() -> None:
    async def leave() -> Message:
        return {"type": "http.disconnect"}

    async def send() -> None:
        with pytest.raises(ClientGone):
            await limits(Reader())(scope(), leave, nowhere)

    asyncio.run(send())


def test_only_photo_routes_accept_large_bodies() -> None:
    async def send() -> None:
        feedback = limits(Reader(), max_bytes=10_000)({**scope(4097), "path": "/feedback"}, body(1), nowhere)
        with pytest.raises(TooManyBytes, match="4,096"):
            await asyncio.wait_for(feedback, PATIENCE_S)

    asyncio.run(send())
