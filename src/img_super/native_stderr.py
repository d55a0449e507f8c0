"""Silences native libraries on standard error, whose messages are for developers, not users."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from img_super.pipeline.pipeline import Pipeline


@contextmanager
def natively_quiet() -> Iterator[None]:
    """Discard what C and C++ code writes to standard error in this context (LiteRT logs how it runs the network).

    This affects the whole process: use it at startup, not in a service. Python exceptions are not lost.
    """
    sys.stderr.flush()
    saved_descriptor = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved_descriptor, 2)
        os.close(saved_descriptor)


def loaded_quietly(load: Callable[[], Pipeline]) -> Pipeline:
    """A pipeline that has run its network once, because LiteRT logs until then."""
    with natively_quiet():
        pipeline = load()
        side_px = pipeline.validator.card.input_side_px
        pipeline.validator.validate(np.zeros((side_px, side_px, 3), np.uint8))
    return pipeline
