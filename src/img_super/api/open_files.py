"""Raises the limit of open files as connections need; the usual soft limit is 1,024, for the sake of select()."""

import resource
from typing import Final

_BESIDE_CONNECTIONS: Final = 256


def allow_connections(connections: int) -> None:
    """Raise this process's limit as far as the system allows; child processes inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = connections + _BESIDE_CONNECTIONS
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
