"""Measures a file's processor time and memory in a process that treats it like the service."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from img_super.domain import Box
from img_super.errors import InputError
from img_super.pipeline import decoder, decoder_process
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.formats import sniff_type
from img_super.pipeline.reduced_jpeg import reduced_jpeg

_PATIENCE_S: Final = 60
_NETWORK_SIDE_PX: Final = 224
_PORTRAIT_PX: Final = 40
"""So small that its crop is cut from every pixel of the photo."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time, and memory above that of an idle process."""

    ms: float
    mb: float


def cost_of(data: bytes, limits: DecodeLimits) -> Cost:
    """Decode a file like the service, with a crop if it takes the JPEG fast path."""
    memory = os.memfd_create("photo")
    try:
        os.write(memory, data)
        idle, used = _in_a_child(lambda: None), _in_a_child(lambda: _decode(data, limits, memory))
        return Cost(used.ms, max(0.0, used.mb - idle.mb) + os.fstat(memory).st_size / 1e6)
    finally:
        os.close(memory)


def _decode(data: bytes, limits: DecodeLimits, memory: int) -> None:
    try:
        opened = reduced_jpeg(data, limits) if sniff_type(data) == "JPEG" else None
    except InputError:
        return
    if opened is None:
        answer_to = socket.socketpair()[1].detach()
        decoder_process._work(decoder._job(data, limits), answer_to, memory)
    else:
        opened.crop(Box(0, 0, _PORTRAIT_PX, _PORTRAIT_PX), 0, _NETWORK_SIDE_PX)


def _in_a_child(work: Callable[[], None]) -> Cost:
    child = os.fork()
    if child == 0:
        signal.alarm(_PATIENCE_S)
        try:
            work()
        finally:
            os._exit(0)
    _, _, used = os.wait4(child, 0)
    return Cost(1000 * (used.ru_utime + used.ru_stime), used.ru_maxrss * 1024 / 1e6)
