"""The decoding child and its parent process, without forking.

`tests/hostile/test_decoder.py` tests the real sandbox.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from img_super.errors import BrokenImage
from img_super.pipeline import decoder_process
from img_super.pipeline.decoder_messages import Answer, Job
from tests.conftest import encode

# Ending closes a process's sockets.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PHOTO = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
Ask = Callable[[bytes], Answer]


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """The child's timers by kind, not set here because they would kill the tests; nor is the sandbox."""
    found: dict[int, float] = {}
    monkeypatch.setattr(signal, "setitimer", found.__setitem__)
    monkeypatch.setattr(decoder_process, "_confine", lambda _: False)
    return found


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = os.memfd_create("photo")
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def ask(timers: dict[int, float], memory: int) -> Ask:
    """Decode a photo like a child."""

    def asked(data: bytes) -> Answer:
        os.pwrite(memory, data, 0)
        ours, theirs = socket.socketpair()
        with ours:
            decoder_process._work(job(data), theirs.detach(), memory)
            return msgspec.json.decode(ours.recv(4096), type=Answer)

    return asked


def job(data: bytes, pdf: bool = False) -> Job:
    return Job(len(data), 1_000_000, None, 2000, pdf, 100_000_000)


def test_pixels_replace_the_file_in_shared_memory(ask: Ask, memory: int, timers: dict[int, float]) -> None:
    assert ask(encode(PHOTO)) == Answer(shape=(30, 40))
    assert os.fstat(memory).st_size == PHOTO.nbytes
    np.testing.assert_array_equal(
        np.frombuffer(os.pread(memory, PHOTO.nbytes, 0), np.uint8).reshape(PHOTO.shape), PHOTO
    )
    # Wall time passes while other processes run.
    assert timers[signal.ITIMER_PROF] == 2
    assert timers[signal.ITIMER_REAL] > 2


def test_error_crosses_by_code_and_detail(ask: Ask) -> None:
    answer = ask(encode(PHOTO)[:200])
    assert (answer.shape, answer.code) == (None, BrokenImage.code)
    assert answer.detail


@pytest.mark.parametrize(("short", "code"), [(True, "no_memory"), (False, "decode_too_slow")])
def test_memory_error_blames_the_file_when_a_photo_would_fit(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, short: bool, code: str
) -> None:
    def out_of_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decoder_process, "decode_image", out_of_memory)
    monkeypatch.setattr(decoder_process, "_confine", lambda _: short)
    assert ask(b"any").code == code


def test_formats_are_warmed_up_before_the_sandbox_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(decoder_process, "_filter", None)
    monkeypatch.setattr(decoder_process, "decode_image", seen.append)
    decoder_process._warm_up()
    assert [data[:2] for data in seen] == [b"\xff\xd8", b"\x89P", b"RI", b"\0\0", b"BM", b"II"]
    assert decoder_process._filter is not None


def test_no_filter_without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: object) -> None:
        raise OSError

    monkeypatch.setattr("pyseccomp.SyscallFilter", lacking)
    assert decoder_process._made_filter() is None


def test_each_photo_gets_a_child_until_shutdown(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    events: list[Any] = []
    for module, name in (
        (signal, "signal"), (cv2, "setNumThreads"), (decoder_process, "_warm_up"), (decoder_process, "import_module"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, lambda *given, name=name: events.append((name, *given)))

    def fork() -> int:
        events.append("fork")
        return 4711

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(sys, "argv", ["decoder_process", str(theirs.detach())])
    answer_to, asked = socket.socketpair()
    for pdf in (False, True):
        socket.send_fds(ours, [msgspec.json.encode(job(b"", pdf))], [asked.fileno(), memory])
    asked.close()
    ours.close()
    decoder_process.main()
    assert events == [
        ("signal", signal.SIGCHLD, signal.SIG_IGN), ("setNumThreads", 0), ("_warm_up",),
        "fork", ("import_module", "img_super.pipeline.pdf_file"), "fork",
    ]  # fmt: skip
    with answer_to:
        assert answer_to.recv(1) == b""  # the other end is closed
