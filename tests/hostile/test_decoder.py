"""The decoding process: it can be killed, has limited memory, and can neither open files nor connect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from benchmarks.running_service import environment
from img_super.errors import DecodeTooSlow, InputError
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder import Decoder
from tests.conftest import encode
from tests.hostile.files import bmp_runs, hostile_files
from tests.waiting import PATIENCE_S, until

PHOTO = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
GOOD = encode(PHOTO)


@pytest.fixture(scope="module")
def decoder(decoder_that_waits: Decoder) -> Decoder:
    decoder_that_waits.decode(GOOD, DecodeLimits())
    return decoder_that_waits


def test_cpu_limit_kills_the_decoder_and_the_next_photo_is_answered(decoder: Decoder) -> None:
    with pytest.raises(DecodeTooSlow):
        decoder.decode(bmp_runs(3000, 3000, 1_900_000), DecodeLimits(budget_ms=200))
    assert np.array_equal(decoder.decode(GOOD, DecodeLimits()), PHOTO)


def test_photos_are_decoded_in_parallel(decoder: Decoder) -> None:
    with ThreadPoolExecutor(8) as pool:
        decoded = list(pool.map(lambda _: decoder.decode(GOOD, DecodeLimits()), range(40)))
    assert all(np.array_equal(pixels, PHOTO) for pixels in decoded)


def test_killed_decoder_is_restarted() -> None:
    decoder = Decoder()
    for _ in range(2):
        assert np.array_equal(decoder.decode(GOOD, DecodeLimits()), PHOTO)
        assert decoder._process is not None
        os.kill(decoder._process.pid, signal.SIGKILL)
    decoder.close()


def test_hostile_files_give_pixels_or_a_typed_error(decoder: Decoder) -> None:
    limits = DecodeLimits(max_pixels=20_000_000, budget_ms=1000)
    for name, data in hostile_files():
        start = time.monotonic()
        with suppress(InputError):
            decoder.decode(data, limits)
        assert time.monotonic() - start < PATIENCE_S, name


def test_decoding_leaves_no_file_or_process(decoder: Decoder) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(20):
        decoder.decode(GOOD, DecodeLimits())
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208
    assert decoder._process is not None
    children = Path(f"/proc/{decoder._process.pid}/task/{decoder._process.pid}/children")
    until(lambda: not children.exists() or not children.read_text())


CONFINED = """
import os, socket, sys
from img_super.pipeline import decoder_process
decoder_process._warm_up()
decoder_process._confine(100_000_000)
def forbidden(act):
    try:
        act()
    except (OSError, MemoryError):
        return True
    return False
print([forbidden(act) for act in (
    lambda: open("/tmp/written", "w"),
    lambda: open("/etc/passwd"),
    lambda: socket.socket(),
    lambda: bytearray(300_000_000),
    *([lambda: os.fork(), lambda: os.mkdir("/tmp/made"), lambda: os.kill(os.getppid(), 0)]
      if decoder_process._filter else []),
)])
"""


def test_decoder_is_sandboxed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert "True" in done.stdout
    assert "False" not in done.stdout
