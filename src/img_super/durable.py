"""Atomic and durable file writes, safe against power loss."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which replaces `path` at the end: readers see the whole file or none.

    Several processes may write the same file: the last one's stays.
    """
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.new{path.suffix}")
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        flush(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    flush(path.parent)


def replace_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file atomically; whoever could read the old one can read the new one.

    `data`: the whole content; `mode`: for a new file.

    Raises `OSError`: it cannot be written, or not with the old file's owner and group; the old file is then kept.
    """
    with replacing(path) as unfinished:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            _make_like(path, descriptor)
            file.write(data)


def flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_like(template: Path, descriptor: int) -> None:
    if template.exists():
        wanted_stat, current_stat = template.stat(), os.fstat(descriptor)
        if (wanted_stat.st_uid, wanted_stat.st_gid) != (current_stat.st_uid, current_stat.st_gid):
            os.fchown(descriptor, wanted_stat.st_uid, wanted_stat.st_gid)
        os.fchmod(descriptor, S_IMODE(wanted_stat.st_mode))
