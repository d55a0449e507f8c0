"""The memory available to this process: the container's limit, or the machine's."""

import os
from pathlib import Path
from typing import Final

_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Of control groups, version 2 and version 1; inside a container it is always the container's own."""


def usable_memory_bytes(limits: tuple[Path, ...] = _LIMITS) -> int:
    """The smallest known limit."""
    return min([_machine_bytes(), *(limit for path in limits if (limit := _read(path)))])


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _read(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None  # "max": no limit
