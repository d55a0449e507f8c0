"""Limits of request bodies: bytes, seconds, and memory for all bodies together."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from img_super.api.route_path import route_path
from img_super.errors import ClientGone, Overloaded, SlowBody, TooManyBytes

_RETRY_AFTER_S: Final = 1

PHOTOS: Final = ("/face", "/super", "/detect", "/localize", "/detect_and_localize")
BATCHES: Final = ("/super/batch",)
_MAX_OTHER_BYTES: Final = 4096
"""For bodies that are not photos; routes that need more are listed here."""


class BodyLimits:
    """Counts every body as it arrives; exceeding a limit raises an error where the body is read.

    Content-Length is used to refuse early, never to allow.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, max_bytes_together: int, timeout_s: float, max_batch_bytes: int = 0
    ) -> None:
        """`max_bytes_together`: total for all bodies that are being received or await their answer."""
        self._app = app
        self._max_other_bytes = min(max_bytes, _MAX_OTHER_BYTES)
        self._max_bytes = dict.fromkeys(PHOTOS, max_bytes) | dict.fromkeys(BATCHES, max_batch_bytes)
        self._max_bytes_together = max_bytes_together
        self._timeout_s = timeout_s
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._max_bytes.get(route_path(scope), self._max_other_bytes)
        body = _Body(receive, _announced_bytes(scope), max_bytes, self._timeout_s, self._hold)
        scope.setdefault("state", {})["hold_unpacked"] = body.hold_unpacked
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._held_bytes -= body.held_bytes

    def _hold(self, size_bytes: int) -> None:
        self._held_bytes += size_bytes
        if self._held_bytes > self._max_bytes_together:
            raise Overloaded(retry_after_s=_RETRY_AFTER_S)


class _Body:
    """One request's body, received whole before it is passed on: a timer per chunk costs 0.1 ms in total."""

    def __init__(
        self, receive: Receive, announced_bytes: int, max_bytes: int, timeout_s: float, hold: Callable[[int], None]
    ) -> None:
        self.received_bytes = self.held_bytes = 0
        self._receive = receive
        self._announced_bytes = announced_bytes
        self._max_bytes = max_bytes
        self._deadline_s = asyncio.get_running_loop().time() + timeout_s
        self._hold = hold
        self._pieces: deque[Message] = deque()
        self._complete = False

    async def receive(self) -> Message:
        """The next message. Raises `TooManyBytes`, `SlowBody`, `Overloaded` or `ClientGone`, as early as possible."""
        if not self._complete:
            await self._in_time()
        if self._pieces:
            return self._pieces.popleft()
        return await self._receive()  # waits for the client to disconnect

    def hold_unpacked(self, size_bytes: int) -> None:
        """Account for its decompressed size. Raises `Overloaded`."""
        self._hold_more(max(0, size_bytes - self.held_bytes))

    def _hold_more(self, size_bytes: int) -> None:
        self.held_bytes += size_bytes
        self._hold(size_bytes)

    async def _in_time(self) -> None:
        if self._announced_bytes > self._max_bytes:
            raise TooManyBytes.over(self._max_bytes)
        try:
            async with asyncio.timeout_at(self._deadline_s):
                while not self._complete:
                    self._take(await self._receive())
        except TimeoutError as error:
            raise SlowBody() from error

    def _take(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            raise ClientGone()
        size_bytes = len(message.get("body", b""))
        self.received_bytes += size_bytes
        self._hold_more(size_bytes)
        if self.received_bytes > self._max_bytes:
            raise TooManyBytes.over(self._max_bytes)
        self._pieces.append(message)
        self._complete = not message.get("more_body", False)


def hold_unpacked(scope: Scope, size_bytes: int) -> None:
    """Count a body's decompressed size among all bodies while it waits. Raises `Overloaded`."""
    scope["state"]["hold_unpacked"](size_bytes)


def _announced_bytes(scope: Scope) -> int:
    announced = Headers(scope=scope).get("content-length", "")
    return int(announced) if announced.isdecimal() else 0
