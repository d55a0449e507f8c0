"""Errors of sources: a `SourceError` means that there is nothing to read, a `FileError` concerns one file.

A scan's rows have the codes of file errors and of `img_super.errors.InputError`.
"""

from typing import Final

from img_super.errors import ImgSuperError, Refusal

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
MAX_MEMBERS: Final = 500_000
"""Per archive: every process holds the names, and a ZIP's whole directory, in memory."""


class SourceError(ImgSuperError):
    """A source is missing or cannot be read; the message says in one sentence what to do."""


class FileError(Refusal):
    """One file cannot be judged; the others can."""


class UnreadableFile(FileError):
    """A file cannot be read."""

    code = "unreadable_file"
    advice = "The file could not be read; check that it exists and that you may read it."


class FileTooLarge(FileError):
    """A file exceeds the size limit."""

    code = "file_too_large"
    advice = "The file is larger than --max-file-bytes allows."


class BrokenArchive(FileError):
    """An archive cannot be opened or fully read."""

    code = "broken_archive"
    advice = "The archive is damaged from here on; files found before it have their own rows."


class EncryptedFile(FileError):
    """A member of a ZIP archive requires a password."""

    code = "encrypted_file"
    advice = "The file in the archive is encrypted; unpack it and scan the folder."


class TooManyMembers(FileError):
    """An archive lists too many files to hold in memory."""

    code = "too_many_members"
    advice = f"The archive lists more than {MAX_MEMBERS:,} files, or too long names; split it, or scan it unpacked."
