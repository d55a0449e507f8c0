"""ZIP members that declare a small size and expand to a huge one, and ordinary ones."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile
from zlib import crc32

import pytest

from img_super.sources.errors import FileError
from img_super.sources.found import InZip, Reader
from img_super.sources.search import find_photos

KINDS = (ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA)
PHOTO = bytes(range(256)) * 40
LARGE_BYTES = 64_000_000


def zipped(content: bytes, kind: int) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", kind) as archive:
        archive.writestr("a.jpg", content)
    return file.getvalue()


def saying(archive: bytes, large: int, small: int) -> bytes:
    """The declared size, in the directory and before the member."""
    assert archive.count(large.to_bytes(4, "little")) == 2
    return archive.replace(large.to_bytes(4, "little"), small.to_bytes(4, "little"))


def only_photo(path: Path, archive: bytes) -> InZip:
    path.write_bytes(archive)
    (found,) = find_photos([str(path)], {})
    assert isinstance(found, InZip)
    return found


@pytest.mark.parametrize("kind", KINDS[1:])
def test_member_memory_is_limited_whatever_size_it_declares(tmp_path: Path, kind: int) -> None:
    found = only_photo(tmp_path / "in.zip", saying(zipped(bytes(LARGE_BYTES), kind), LARGE_BYTES, 5000))
    tracemalloc.start()
    with pytest.raises(FileError):
        Reader({}, 1_000_000).read(found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000  # LZMA's dictionary is 8 MiB


def test_oversized_dictionary_is_refused(tmp_path: Path) -> None:
    archive = zipped(PHOTO, ZIP_LZMA)
    place = archive.index(b"a.jpg") + len(b"a.jpg") + 5
    with pytest.raises(FileError, match="LZMAError"):
        Reader({}).read(only_photo(tmp_path / "in.zip", archive[:place] + b"\xff" * 4 + archive[place + 4 :]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_compression_is_read_and_damage_reported(tmp_path: Path, kind: int) -> None:
    archive = zipped(PHOTO, kind)
    assert Reader({}).read(only_photo(tmp_path / "in.zip", archive)) == PHOTO
    assert Reader({}, len(PHOTO)).read(only_photo(tmp_path / "just.zip", archive)) == PHOTO
    with pytest.raises(FileError, match="larger"):
        Reader({}, len(PHOTO) - 1).read(only_photo(tmp_path / "large.zip", archive))
    damaged = archive.replace(crc32(PHOTO).to_bytes(4, "little"), bytes(4))
    with pytest.raises(FileError, match="damaged"):
        Reader({}).read(only_photo(tmp_path / "damaged.zip", damaged))
