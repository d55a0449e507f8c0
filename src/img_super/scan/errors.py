"""What can go wrong in a scan: `ScanError` ends it, a `FileError` becomes a row.

The codes of a row are those of `img_super.errors.InputError` and the ones here.
"""

from __future__ import annotations

from typing import Final

from img_super.errors import ImgSuperError, Refusal

MAX_FILE_BYTES: Final = 20 * 1024 * 1024


class ScanError(ImgSuperError):
    """The scan cannot begin or go on; the message is one sentence that says what to do."""


class FileError(Refusal):
    """One file cannot be judged: its row says why, and the scan goes on."""


class UnreadableFile(FileError):
    """The bytes of a file cannot be had."""

    code = "unreadable_file"
    advice = "The file could not be read; check that it is still there and that you may read it."


class FileTooLarge(FileError):
    """A file is larger than what a scan reads."""

    code = "file_too_large"
    advice = "The file has more bytes than --max-file-bytes allows."


class BrokenArchive(FileError):
    """An archive cannot be opened, or not be read to its end."""

    code = "broken_archive"
    advice = "The archive is damaged from here on; what was found before has its own rows."


class EncryptedFile(FileError):
    """A member of a ZIP archive asks for a password."""

    code = "encrypted_file"
    advice = "The file in the archive is encrypted; unpack it and scan the folder."


class WorkerDied(FileError):
    """A photo took its process down, twice."""

    code = "worker_died"
    advice = "The process that worked on this photo died twice; look at the photo and at the memory of the machine."


class InternalError(FileError):
    """The pipeline failed in a way that nobody foresaw."""

    code = "internal_error"
    advice = "The photo met a fault of img_super; please report it."


def file_errors() -> tuple[type[FileError], ...]:
    """Every kind of file error; the documentation's table is tested against it."""
    return tuple(FileError.__subclasses__())
