"""The photos in ZIP and TAR archives, without unpacking them to disk."""

import tarfile
from collections.abc import Callable, Iterator
from io import SEEK_END
from typing import BinaryIO, Final, cast

from img_super.sources.errors import MAX_MEMBERS, BrokenArchive, FileError, FileTooLarge, TooManyMembers, UnreadableFile
from img_super.sources.found import Failed, Found, Given, InFile, InZip, Storage, open_binary
from img_super.sources.inflating import Inflated, Inflating, check_growth
from img_super.sources.names import MemberNames, is_hidden, leaves
from img_super.sources.tar_header import Header
from img_super.sources.zip_directory import open_zip

_ZIP_ENDS: Final = (".zip",)
_TAR_ENDS: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def is_zip(name: str) -> bool:
    """By name only: checking the bytes would mean reading every file of a bucket twice."""
    return name.lower().endswith(_ZIP_ENDS)


def is_tar(name: str) -> bool:
    """By name only, as for `is_zip`."""
    return name.lower().endswith(_TAR_ENDS)


def photos_in_zip(archive: InFile, storage: Storage) -> Iterator[Found]:
    """One `InZip` for every file in the archive; a damaged directory is one `Failed`."""
    try:
        with open_binary(archive, storage) as file, open_zip(file) as content:
            check_growth(file.seek(0, SEEK_END), sum(member.file_size for member in content.infolist()))
            # A member's name may be empty, on which `is_dir` fails.
            members = [pair for pair in enumerate(content.infolist()) if not pair[1].filename.endswith("/")]
    except Inflated:
        yield _inflated(archive.name)
        return
    except TooManyMembers as error:
        yield _failed(archive.name, error)
        return
    except Exception:  # noqa: BLE001 zipfile and every file system raise their own kinds
        yield Failed(archive.name, BrokenArchive.code, "The ZIP archive cannot be opened; it is damaged or not a ZIP.")
        return
    names = MemberNames(archive.name)
    for place, member in members:
        if leaves(member.filename):
            yield _outside(names.name(member.filename))
        elif not is_hidden(member.filename):
            yield InZip(names.name(member.filename), archive, place)


def photos_in_tar(
    archive: InFile, storage: Storage, max_file_bytes: int, is_done: Callable[[str], bool]
) -> Iterator[Found]:
    """One `Given` for every file in the archive, read in order; damage ends it with one `Failed`.

    Larger members are not read, nor those whose name `is_done`.
    """
    try:
        with (
            open_binary(archive, storage) as file,
            tarfile.open(fileobj=cast("BinaryIO", Inflating(file)), mode="r|", tarinfo=Header) as content,
        ):
            yield from _members(content, MemberNames(archive.name), max_file_bytes, is_done)
    except Inflated:
        yield _inflated(archive.name)
    except TooManyMembers as error:
        yield _failed(archive.name, error)
    except Exception:  # noqa: BLE001 tarfile, every decompressor and every file system raise their own kinds
        yield Failed(archive.name, BrokenArchive.code, BrokenArchive.advice)


def _members(
    archive: tarfile.TarFile, names: MemberNames, max_file_bytes: int, is_done: Callable[[str], bool]
) -> Iterator[Found]:
    for place, member in enumerate(archive):
        if place == MAX_MEMBERS:
            raise TooManyMembers()
        archive.members = []  # type: ignore[attr-defined] # tarfile keeps every header that it has read
        if member.isdir() or (is_hidden(member.name) and not leaves(member.name)):
            continue
        name = names.name(member.name)
        if not is_done(name):
            yield _why_not(member, name, max_file_bytes) or Given(name, _content(archive, member))


def _why_not(member: tarfile.TarInfo, name: str, max_file_bytes: int) -> Failed | None:
    if leaves(member.name):
        return _outside(name)
    if member.issparse():
        return Failed(name, UnreadableFile.code, "It is a sparse file, which is not supported.")
    if not member.isfile():
        return Failed(name, UnreadableFile.code, "It is a link; its target has its own row.")
    if member.size > max_file_bytes:
        return Failed(name, FileTooLarge.code, FileTooLarge.advice)
    return None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return b"" if file is None else file.read()


def _failed(name: str, error: FileError) -> Failed:
    return Failed(name, error.code, error.detail)


def _inflated(name: str) -> Failed:
    return Failed(name, BrokenArchive.code, "The archive expands far beyond its size; reading stopped here.")


def _outside(name: str) -> Failed:
    return Failed(name, UnreadableFile.code, "Its name points outside the archive; it was not read.")
