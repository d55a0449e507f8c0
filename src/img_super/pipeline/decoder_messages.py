"""Messages between the service and the decoding process."""

import msgspec


class Job(msgspec.Struct):
    """One photo in the shared memory; the limits are those of `DecodeLimits`."""

    size_bytes: int
    max_pixels: int
    max_memory_bytes: int | None
    budget_ms: int
    pdf: bool
    memory_bytes: int


class Answer(msgspec.Struct, omit_defaults=True):
    """The height and width of the pixels now in the shared memory, or an error's code and detail."""

    shape: tuple[int, int] | None = None
    code: str = ""
    detail: str = ""
