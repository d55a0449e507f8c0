"""Opens untrusted file names safely: a pipe or terminal would block, and a device has no end."""

import errno
import os
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO


def open_regular(path: Path | str) -> BinaryIO:
    """The file, open for reading. Raises `OSError`, also if it is not a regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path | str, most_bytes: int) -> bytes:
    """The bytes of the file. Raises `OSError`, also if it is not a regular file or is longer than `most_bytes`."""
    with open_regular(path) as file:
        # Reading up to this many bytes would allocate all of them.
        content = file.read(min(os.fstat(file.fileno()).st_size, most_bytes) + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {most_bytes >> 20} MiB", str(path))
    return content
