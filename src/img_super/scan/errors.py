"""What can go wrong in a scan: `ScanError` ends it, a `FileError` becomes a row.

The codes of a row are those of `img_super.errors.InputError`, of `img_super.sources.errors` and the ones here.
"""

from img_super.errors import ImgSuperError
from img_super.sources.errors import FileError


class ScanError(ImgSuperError):
    """The scan cannot begin or go on; the message is one sentence that says what to do."""


class WorkerDied(FileError):
    """A photo took its process down, twice."""

    code = "worker_died"
    advice = "The process judging this photo died twice; check the photo and the machine's memory."


class InternalError(FileError):
    """The pipeline failed in a way that nobody foresaw."""

    code = "internal_error"
    advice = "The photo triggered a bug in img_super; please report it."


def file_errors() -> tuple[type[FileError], ...]:
    """Every kind of file error; the documentation's table is tested against it."""
    return tuple(FileError.__subclasses__())
