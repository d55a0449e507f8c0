"""What a search finds: a photo's location, small enough to send to another process, and how to read it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, Final, TypeAlias
from weakref import finalize
from zipfile import BadZipFile, ZipFile

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from img_super.regular_file import open_regular
from img_super.sources.errors import MAX_FILE_BYTES, EncryptedFile, FileTooLarge, UnreadableFile
from img_super.sources.names import printable
from img_super.sources.zip_directory import open_zip
from img_super.sources.zip_member import read_member

Storage: TypeAlias = Mapping[str, Any]
"""Options for the file system behind a URL, as fsspec takes them (`endpoint_url`, `anon`, ...)."""

_ENCRYPTED_FLAG: Final = 0x1


@dataclass(frozen=True, slots=True)
class InFile:
    """A file."""

    name: str  # what its row is called
    path: str  # where it lies: on the file system of `source`, or on this machine
    size_bytes: int | None = None  # None where the listing did not tell it
    # The URL, as a person typed it, that names the file system; None for this machine's. Only this is ever parsed: in
    # the name of a listed file, `::` and `://` are letters like others.
    source: str | None = None


@dataclass(frozen=True, slots=True)
class InZip:
    """The member at `place` in the directory of a ZIP archive; two members may have the same name."""

    name: str
    archive: InFile
    place: int


@dataclass(frozen=True, slots=True)
class Given:
    """A photo whose bytes had to be read while searching, as in a TAR archive, which has no directory."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """A photo that was found but cannot be judged."""

    name: str
    code: str
    detail: str


Found: TypeAlias = InFile | InZip | Given | Failed
"""Its `name` is unique within a scan and names its row."""


class Reader:
    """Reads found photos. Safe to share between threads."""

    def __init__(self, storage: Storage, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        self._storage = storage
        self._max_bytes = max_file_bytes
        self._archive = lru_cache(maxsize=2)(self._open_archive)

    def read(self, photo: InFile | InZip | Given) -> bytes:
        """The bytes of the photo.

        Raises `FileError`: it is gone, may not be read, is encrypted, or has too many bytes.
        """
        match photo:
            case InFile():
                return self._checked(self._read_file(photo))
            case InZip():
                return self._checked(self._read_member(photo))
            case Given():
                return self._checked(photo.data)

    def _read_file(self, photo: InFile) -> bytes:
        if photo.size_bytes is not None and photo.size_bytes > self._max_bytes:
            raise FileTooLarge()
        try:
            if photo.source is None:
                with open_regular(photo.path) as file:
                    return file.read(self._max_bytes + 1)
            # S3 rejects a range beyond the end of an empty object, so a file of known size is read whole.
            end = self._max_bytes + 1 if photo.size_bytes is None else None
            files, _ = file_system(photo.source, self._storage)
            return bytes(files.cat_file(photo.path, end=end))
        except Exception as error:  # every file system raises its own kinds
            raise UnreadableFile(reason(error)) from error

    def _read_member(self, photo: InZip) -> bytes:
        try:
            archive = self._archive(photo.archive)
            member = archive.infolist()[photo.place]
            if member.flag_bits & _ENCRYPTED_FLAG:
                raise EncryptedFile()
            return read_member(archive, member, self._max_bytes + 1)
        except EncryptedFile:
            raise
        except BadZipFile as error:
            raise UnreadableFile("The file in the archive is damaged.") from error
        except Exception as error:  # zlib, the file system and zipfile itself raise their own kinds
            raise UnreadableFile(reason(error)) from error

    def _open_archive(self, archive: InFile) -> ZipFile:
        file = open_binary(archive, self._storage)
        content = open_zip(file)
        finalize(content, file.close)  # it closes only a file that it has opened itself
        return content

    def _checked(self, data: bytes) -> bytes:
        if len(data) > self._max_bytes:
            raise FileTooLarge()
        return data


def open_binary(file: InFile, storage: Storage) -> BinaryIO:
    """The file, open for reading and seekable."""
    if file.source is None:
        return open_regular(file.path)
    files, _ = file_system(file.source, storage)
    binary: BinaryIO = files.open(file.path, "rb")
    return binary


def file_at(url: str, storage: Storage) -> InFile:
    """The file at a path or URL typed by a person. Raises `UnreadableFile`."""
    if not is_remote(url):
        return InFile(printable(url), url)
    files, path = _system_and_path(url, storage)
    return InFile(printable(url), path, None, None if isinstance(files, LocalFileSystem) else url)


def beside(folder: str, name: str, storage: Storage) -> InFile:
    """The file of this name in a folder typed by a person; `name` is not parsed. Raises `UnreadableFile`."""
    if not is_remote(folder):
        return InFile(printable(f"{folder}/{name}"), f"{folder}/{name}")
    return InFile(printable(f"{folder}/{name}"), f"{_system_and_path(folder, storage)[1]}/{name}", None, folder)


def _system_and_path(url: str, storage: Storage) -> tuple[AbstractFileSystem, str]:
    try:
        return file_system(url, storage)
    except Exception as error:  # every file system raises its own kinds
        raise UnreadableFile(reason(error)) from error


def file_system(url: str, storage: Storage) -> tuple[AbstractFileSystem, str]:
    """The file system of a URL, and the path on it. Folder listings are not cached."""
    files, path = url_to_fs(url, **dict(storage, use_listings_cache=False))
    return files, str(path)


def is_remote(url: str) -> bool:
    """Whether it names a file system, as in `s3://bucket/folder`; a plain path does not."""
    return "://" in url


def reason(error: Exception) -> str:
    """Why a file could not be read, in one line, without its path: the row's name already says which."""
    if isinstance(error, OSError) and error.strerror:
        return f"The file could not be read: {error.strerror}."
    return f"The file could not be read ({type(error).__name__}); check that it exists and that you may read it."
