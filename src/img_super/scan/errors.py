"""Errors of a scan: a `ScanError` ends it, a `FileError` becomes a row.

A row's code is one of `img_super.errors.InputError`, `img_super.sources.errors`, or one of these.
"""

from img_super.errors import ImgSuperError
from img_super.sources.errors import FileError


class ScanError(ImgSuperError):
    """The scan cannot start or continue; the message says in one sentence what to do."""


class WorkerDied(FileError):
    """A photo crashed its process twice."""

    code = "worker_died"
    advice = "The process judging this photo died twice; check the photo and the machine's memory."


class InternalError(FileError):
    """The pipeline failed unexpectedly."""

    code = "internal_error"
    advice = "The photo triggered a bug in img_super; please report it."


def file_errors() -> tuple[type[FileError], ...]:
    """Every kind of file error; the documentation's table is tested against it."""
    return tuple(FileError.__subclasses__())
