"""Who looks on while a photo goes its way: to time the stages, or to stop work that nobody waits for."""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """The parts of the way that are timed; `body` is the JSON and base64 before it."""

    BODY = "body"
    DECODE = "decode"
    DETECT = "detect"
    CROP = "crop"
    VALIDATE = "validate"


class Watch(Protocol):
    """Is called as a photo enters a stage; what it raises ends the way there."""

    def __call__(self, stage: Stage, /) -> AbstractContextManager[object]: ...


def unwatched(_: Stage, /) -> AbstractContextManager[object]:
    """Watches nothing."""
    return nullcontext()
