"""A request in progress, which ends when its client leaves.

Uvicorn notifies only the last request of a connection, so an earlier one would be processed for nobody. A response in
progress is not notified at all: a large file would be read to its end.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Answering:
    """The application, for one request."""

    def __init__(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        self._cycle, self._app = cycle, app
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._task = asyncio.current_task()
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._cycle.disconnected:
                raise
        finally:
            self._task = None

    def lost(self) -> None:
        """The client has left: responses in progress end; other requests find out when they next ask."""
        if self._cycle.response_complete:
            return
        self._cycle.disconnected = True
        self._cycle.message_event.set()
        if self._cycle.response_started and self._task is not None:
            self._task.cancel()
