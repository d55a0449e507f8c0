"""The photos in ZIP and TAR archives, without unpacking them to disk."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from typing import Final, Self
from zipfile import ZipFile

from img_super.sources.errors import BrokenArchive, FileTooLarge
from img_super.sources.found import Failed, Found, Given, InFile, InZip, Storage, open_binary
from img_super.sources.names import MemberNames, is_hidden

_ZIP_ENDS: Final = (".zip",)
_TAR_ENDS: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def is_zip(name: str) -> bool:
    """By the name alone: telling by the bytes would read every file of a bucket twice."""
    return name.lower().endswith(_ZIP_ENDS)


def is_tar(name: str) -> bool:
    """By the name alone, as for `is_zip`."""
    return name.lower().endswith(_TAR_ENDS)


class _Header(tarfile.TarInfo):
    """A header that is missing, cut or damaged: tarfile would take it for the archive's end and lose the rest."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # the two blocks of zeros that end an archive
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError("the archive is damaged") from error


def photos_in_zip(archive: InFile, storage: Storage) -> Iterator[Found]:
    """One `InZip` for every file in the archive; a damaged directory is one `Failed`."""
    try:
        with open_binary(archive.url, storage) as file, ZipFile(file) as opened:
            members = [(place, member) for place, member in enumerate(opened.infolist()) if not member.is_dir()]
    except Exception:  # noqa: BLE001 zipfile and every file system raise their own kinds
        yield Failed(archive.name, BrokenArchive.code, "The ZIP archive cannot be opened; it is damaged or no ZIP.")
        return
    names = MemberNames(archive.name)
    for place, member in members:
        if not is_hidden(member.filename):
            yield InZip(names.name(member.filename), archive.url, place)


def photos_in_tar(
    archive: InFile, storage: Storage, max_file_bytes: int, done: Callable[[str], bool]
) -> Iterator[Found]:
    """One `Given` for every file in the archive, read in its order; where it is damaged, one `Failed` ends it.

    Args:
        archive: a TAR archive, compressed or not.
        storage: options for the file system.
        max_file_bytes: larger members are not read.
        done: tells which names need not be read again.
    """
    try:
        with (
            open_binary(archive.url, storage) as file,
            tarfile.open(fileobj=file, mode="r|*", tarinfo=_Header) as opened,
        ):
            yield from _members(opened, MemberNames(archive.name), max_file_bytes, done)
    except Exception:  # noqa: BLE001 tarfile, every decompressor and every file system raise their own kinds
        yield Failed(archive.name, BrokenArchive.code, BrokenArchive.advice)


def _members(
    opened: tarfile.TarFile, names: MemberNames, max_file_bytes: int, done: Callable[[str], bool]
) -> Iterator[Found]:
    for member in opened:
        opened.members = []  # type: ignore[attr-defined] # tarfile keeps every header that it has read
        if not member.isfile() or is_hidden(member.name):
            continue
        name = names.name(member.name)
        if done(name):
            continue
        if member.size > max_file_bytes:
            yield Failed(name, FileTooLarge.code, FileTooLarge.advice)
        elif (file := opened.extractfile(member)) is not None:
            yield Given(name, file.read())
