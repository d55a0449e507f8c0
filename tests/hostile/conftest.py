"""A decoder whose child only the kernel kills."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from img_super.pipeline import decoder as decoder_module
from img_super.pipeline.decoder import Decoder
from tests.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def decoder_that_waits() -> Iterator[Decoder]:
    """Waits as long as the test, because on a busy machine timeouts are ambiguous."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_module, "_WAIT_TIMES", 10 * PATIENCE_S)
        decoder = Decoder()
        yield decoder
        decoder.close()
