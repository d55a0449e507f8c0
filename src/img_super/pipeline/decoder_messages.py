"""What the service and the process that decodes say to each other."""

import msgspec


class Job(msgspec.Struct):
    """One photo, which lies in the shared memory; the limits are those of `DecodeLimits`."""

    size_bytes: int
    max_pixels: int
    max_memory_bytes: int | None
    budget_ms: int
    pdf: bool
    memory_bytes: int


class Answer(msgspec.Struct, omit_defaults=True):
    """Height and width of the pixels that lie there now, or the code and the sentence of an error."""

    shape: tuple[int, int] | None = None
    code: str = ""
    detail: str = ""
