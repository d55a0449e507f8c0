"""What can go wrong with sources: `SourceError` says that there is nothing to read, a `FileError` is about one file.

The codes of file errors are those of a scan's rows, beside the codes of `img_super.errors.InputError`.
"""

from typing import Final

from img_super.errors import ImgSuperError, Refusal

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
MAX_MEMBERS: Final = 500_000
"""Of one archive: their names, and a ZIP's whole directory, are held in memory by every process."""


class SourceError(ImgSuperError):
    """A source is not there or cannot be read; the message is one sentence that says what to do."""


class FileError(Refusal):
    """One file cannot be judged; the others can."""


class UnreadableFile(FileError):
    """The bytes of a file cannot be had."""

    code = "unreadable_file"
    advice = "The file could not be read; check that it exists and that you may read it."


class FileTooLarge(FileError):
    """A file is larger than what is read."""

    code = "file_too_large"
    advice = "The file is larger than --max-file-bytes allows."


class BrokenArchive(FileError):
    """An archive cannot be opened, or not be read to its end."""

    code = "broken_archive"
    advice = "The archive is damaged from here on; files found before it have their own rows."


class EncryptedFile(FileError):
    """A member of a ZIP archive asks for a password."""

    code = "encrypted_file"
    advice = "The file in the archive is encrypted; unpack it and scan the folder."


class TooManyMembers(FileError):
    """An archive lists more files than are held in memory."""

    code = "too_many_members"
    advice = f"The archive lists more than {MAX_MEMBERS:,} files, or too long names; split it, or scan it unpacked."
