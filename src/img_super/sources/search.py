"""Finds the photos in what a person typed (files, folders, globs, archives, URLs), one at a time.

Only the folders still to be searched, and a remote folder's listing, are held in memory. Symbolic links to folders are
not followed; pipes and devices are skipped.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from glob import has_magic, iglob
from typing import Any

from fsspec import AbstractFileSystem

from img_super.errors import how_to_install
from img_super.sources.archives import is_tar, is_zip, photos_in_tar, photos_in_zip
from img_super.sources.errors import MAX_FILE_BYTES, SourceError, UnreadableFile
from img_super.sources.found import Failed, Found, InFile, Storage, file_system, is_remote, reason
from img_super.sources.names import is_hidden, printable


def find_photos(
    sources: Sequence[str],
    storage: Storage,
    is_done: Callable[[str], bool] = lambda _: False,
    max_file_bytes: int = MAX_FILE_BYTES,
) -> Iterator[Found]:
    """All potential photos in the sources that are not `is_done`; archives are searched one level deep.

    Raises `SourceError`: a source is missing, or the package that reads it is not installed.
    """
    for file in find_files(sources, storage):
        for photo in _inside(file, storage, is_done, max_file_bytes):
            if not is_done(photo.name):
                yield photo


def count_photos(sources: Sequence[str], storage: Storage) -> int | None:
    """The number of photos; None if counting would mean reading a whole TAR archive."""
    count = 0
    for file in find_files(sources, storage):
        if isinstance(file, InFile) and is_tar(file.path):
            return None
        count += sum(1 for _ in _inside(file, storage, lambda _: False, MAX_FILE_BYTES))
    return count


def find_files(sources: Sequence[str], storage: Storage) -> Iterator[InFile | Failed]:
    """Every file in the sources; an archive counts as one."""
    for source in sources:
        yield from _remote_files(source, storage) if is_remote(source) else _local_files(source)


def check_sources(sources: Sequence[str], storage: Storage) -> None:
    """Raises `SourceError` when a source is missing, before any work."""
    for source in sources:
        for _ in find_files([source], storage):
            break


def _inside(
    file: InFile | Failed, storage: Storage, is_done: Callable[[str], bool], max_file_bytes: int
) -> Iterator[Found]:
    match file:
        case InFile(path=path) if is_zip(path):
            yield from photos_in_zip(file, storage)
        case InFile(path=path) if is_tar(path):
            yield from photos_in_tar(file, storage, max_file_bytes, is_done)
        case _:
            yield file


def _local_files(source: str) -> Iterator[InFile | Failed]:
    path = os.path.expanduser(source)  # pathlib would drop a leading `./`
    if os.path.lexists(path):
        yield from _file_or_folder(path)
        return
    if not has_magic(path):
        raise SourceError(f"There is nothing at {printable(source)}.")
    matches = iglob(path, recursive=True)  # lazy, and it keeps the path as it was typed
    empty = True
    for match in matches:
        empty = False
        # `**` also matches folders, whose files it matches anyway.
        if os.path.isfile(match) or "**" not in path:
            yield from _file_or_folder(match)
    if empty:
        raise SourceError(f"Nothing matches {printable(source)}.")


def _file_or_folder(path: str) -> Iterator[InFile | Failed]:
    if os.path.isdir(path):
        yield from _folder(path)
    elif os.path.isfile(path):  # a pipe would be waited for forever
        yield InFile(printable(path), path)
    else:
        yield Failed(printable(path), UnreadableFile.code, UnreadableFile.advice)


def _folder(path: str) -> Iterator[InFile | Failed]:
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file():
                        yield InFile(printable(entry.path), entry.path)
                    elif entry.is_symlink() and not entry.is_dir():
                        yield Failed(printable(entry.path), UnreadableFile.code, UnreadableFile.advice)  # broken link
        except OSError as error:
            yield Failed(printable(folder), UnreadableFile.code, reason(error))


def _remote_files(source: str, storage: Storage) -> Iterator[InFile | Failed]:
    try:
        files, path = file_system(source, storage)
        if has_magic(path):
            infos: Iterator[dict[str, Any]] = iter(files.glob(path, detail=True).values())
        else:
            infos = iter([files.info(path)])
        empty = True
        for info in infos:
            empty = False
            yield from _remote_entry(files, info, source)
    except ImportError as error:
        raise SourceError(f"{printable(source)} cannot be read: {error}; {how_to_install('scan')}.") from error
    except Exception as error:  # every file system raises its own kinds
        raise SourceError(f"{printable(source)} cannot be read: {_sentence_of(error)}") from error
    if empty:
        raise SourceError(f"Nothing matches {printable(source)}.")


def _remote_entry(files: AbstractFileSystem, info: dict[str, Any], source: str) -> Iterator[InFile]:
    if info["type"] != "directory":
        yield _remote_file(files, info, source)
        return
    root = info["name"].rstrip("/")
    for _, _, entries in files.walk(root, detail=True):
        for entry in entries.values():
            if entry["type"] == "file" and not is_hidden(entry["name"].removeprefix(root).lstrip("/")):
                yield _remote_file(files, entry, source)


def _remote_file(files: AbstractFileSystem, info: dict[str, Any], source: str) -> InFile:
    return InFile(printable(files.unstrip_protocol(info["name"])), info["name"], info.get("size"), source)


def _sentence_of(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
