"""What is refused before it costs anything."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import Request

from img_super.errors import TooManyBytes


async def limited_body(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks as they come, counted; what Content-Length announces is not trusted, only believed early.

    Raises:
        TooManyBytes: as soon as it is clear that the body has more than `max_bytes`.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise TooManyBytes.over(max_bytes)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise TooManyBytes.over(max_bytes)
        yield chunk
