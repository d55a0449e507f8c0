"""Observes a photo in the pipeline, to time the stages or to stop work that nobody waits for."""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """The timed stages; `body` is the JSON and base64 before the pipeline."""

    BODY = "body"
    DECODE = "decode"
    DETECT = "detect"
    CROP = "crop"
    VALIDATE = "validate"


class Watch(Protocol):
    """Called as a photo enters a stage; an exception ends the work there."""

    def __call__(self, stage: Stage, /) -> AbstractContextManager[object]: ...


def unwatched(_: Stage, /) -> AbstractContextManager[object]:
    """Watches nothing."""
    return nullcontext()
