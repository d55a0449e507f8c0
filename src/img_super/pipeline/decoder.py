"""Decodes in a separate process, which can be killed at any time, all files outside the JPEG fast path.

Decoders in C cannot be interrupted, and each format has its own vulnerabilities. `decoder_process` waits, warmed up,
and forks a child per photo; file and pixels are in shared memory, never on disk.
"""

import atexit
import fcntl
import mmap
import os
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from threading import Lock
from typing import Final

import msgspec
import numpy as np

from img_super.domain import RgbImage
from img_super.errors import BrokenImage, DecodeTooSlow, input_errors
from img_super.pipeline.decode import decode_image
from img_super.pipeline.decode_limits import BYTES_PER_PIXEL, DecodeLimits
from img_super.pipeline.decoder_messages import Answer, Job

_SPARE_BYTES: Final = 256 * 1024 * 1024
"""Memory beside that of the pixels: the file, tables, a tile."""

_WAIT_TIMES: Final = 5
"""By the clock, for each second of processor time; the child has ended itself by then."""

_ENDED_WITHIN_S: Final = 0.2
_ERRORS: Final = {error.code: error for error in input_errors()}


class Decoder:
    """The process, started on first use and restarted if it has ended. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._control = socket.socket(socket.AF_UNIX)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def decode(self, data: bytes, limits: DecodeLimits) -> RgbImage:
        """Decode like `decode_image`, with the same errors."""
        memory = os.memfd_create("photo", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            _write(memory, data)
            answer = self._ask(_job(data, limits), memory)
            if answer.code == "no_memory":
                raise MemoryError
            if answer.shape is None:
                raise _ERRORS.get(answer.code, BrokenImage)(answer.detail)
            return _pixels(memory, answer.shape)
        finally:
            os.close(memory)

    def start(self) -> socket.socket:
        """The connection to the process, which is started if necessary; that takes half a second."""
        with self._lock:
            if not self._lives():
                self._start()
            return self._control

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._control.close()
            if self._process is not None and self._owner == os.getpid():
                self._process.kill()
                self._process.wait()
            self._process = None

    def _lives(self) -> bool:
        """A process from before a fork belongs to the parent."""
        return self._process is not None and self._owner == os.getpid() and self._process.poll() is None

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "img_super.pipeline.decoder_process", str(theirs.fileno())]
        self._process = subprocess.Popen(  # noqa: S603 our own module
            command, env=_environment(), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self._control.close()
        self._control, self._owner = ours, os.getpid()

    def _send(self, message: bytes, descriptors: list[int]) -> None:
        """Detects a process that has just ended; the next one gets the job."""
        try:
            socket.send_fds(self.start(), [message], descriptors)
        except (BrokenPipeError, ConnectionResetError):
            self.close()
            socket.send_fds(self.start(), [message], descriptors)

    def _ask(self, job: Job, memory: int) -> Answer:
        began_s, budget_s = time.monotonic(), job.budget_ms / 1000
        reply = self._asked_once(job, memory)
        if not reply and self._has_ended():
            reply = self._asked_once(job, memory)  # the process has ended, not only the photo's child
        if reply:
            return msgspec.json.decode(reply, type=Answer)
        raise DecodeTooSlow() if time.monotonic() - began_s >= budget_s else BrokenImage()

    def _has_ended(self) -> bool:
        process = self._process
        if process is None:
            return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDED_WITHIN_S)
        return process.returncode is not None

    def _asked_once(self, job: Job, memory: int) -> bytes:
        """None if there is no answer."""
        ours, theirs = socket.socketpair()
        with closing(ours):
            with closing(theirs):
                self._send(msgspec.json.encode(job), [theirs.fileno(), memory])
            ours.settimeout(_WAIT_TIMES * job.budget_ms / 1000 + 10)
            try:
                return ours.recv(4096)
            except (TimeoutError, ConnectionResetError):
                return b""


DECODER: Final = Decoder()
"""One for the whole service; its children work side by side."""

atexit.register(DECODER.close)


def decode_apart(data: bytes, limits: DecodeLimits) -> RgbImage:
    """Decode an image file in a separate process; raises like `decode_image`.

    Only Linux supports this; elsewhere (development) the file is decoded in this process.
    """
    if not hasattr(os, "memfd_create"):
        return decode_image(data, limits)
    return DECODER.decode(data, limits)


def start_decoder() -> None:
    """Start the process, so that it is warm for the first photo."""
    if hasattr(os, "memfd_create"):
        DECODER.start()


def _job(data: bytes, limits: DecodeLimits) -> Job:
    memory_bytes = BYTES_PER_PIXEL * limits.pixels("PNG") + len(data) + _SPARE_BYTES
    return Job(len(data), limits.max_pixels, limits.max_memory_bytes, limits.budget_ms, limits.pdf, memory_bytes)


def _write(memory: int, data: bytes) -> None:
    unwritten = memoryview(data)
    while unwritten:
        unwritten = unwritten[os.write(memory, unwritten) :]


def _pixels(memory: int, shape: tuple[int, int]) -> RgbImage:
    """The pixels in shared memory, sealed against truncation while they are read."""
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    size_bytes = shape[0] * shape[1] * 3
    if os.fstat(memory).st_size != size_bytes:
        raise BrokenImage()
    mapped = mmap.mmap(memory, size_bytes, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    return np.frombuffer(mapped, np.uint8).reshape(*shape, 3)


def _environment() -> dict[str, str]:
    """None of our variables, which may contain keys; only Python's module path, and one thread for NumPy."""
    return {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OPENBLAS_NUM_THREADS": "1"}
