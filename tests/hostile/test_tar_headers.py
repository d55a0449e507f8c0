"""TAR archives of a few kB whose headers would take minutes and gigabytes, and ordinary ones."""

from __future__ import annotations

import io
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest

from img_super.sources.errors import BrokenArchive
from img_super.sources.found import Failed, Found, Given
from img_super.sources.search import find_photos
from img_super.sources.tar_header import MAX_HEADER_BYTES

END = bytes(1024)
LONG_NAME = "fotos/" + "ñandú " * 60 + "/dni.jpg"


def block(name: str, kind: bytes, content: bytes, said_bytes: int | None = None) -> bytes:
    header = tarfile.TarInfo(name)
    header.type, header.size = kind, len(content) if said_bytes is None else said_bytes
    return header.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


def extended(records: bytes) -> bytes:
    return block("x", tarfile.XHDTYPE, records)


def record(name: str, value: str) -> bytes:
    tail = f" {name}={value}\n".encode()
    length = next(size for size in range(len(tail), len(tail) + 9) if size == len(tail) + len(str(size)))
    return str(length).encode() + tail


def sparse(blocks: int) -> bytes:
    header = bytearray(block("a.jpg", tarfile.GNUTYPE_SPARSE, b""))
    header[482] = 1
    header[148:156] = b"%06o\0 " % (sum(header[:148] + b" " * 8 + header[156:]))
    return bytes(header) + (b"00000000001\0" * 42 + b"\1" + bytes(7)) * blocks + bytes(512)


PHOTO = block("a.jpg", tarfile.REGTYPE, b"photo")
HOSTILE = {
    "records that lie about their length": extended(b"2 " * 20_000 + b"=\n") + PHOTO,
    "a value of digits alone": extended(record("comment", "1" * 60_000)) + PHOTO,
    "a map of holes that is no map": extended(record("GNU.sparse.size", "1") + record("a", "1" * 60_000)) + PHOTO,
    "a header that is too long": block("x", tarfile.XHDTYPE, b"", MAX_HEADER_BYTES + 1) + PHOTO,
    "a name that is too long": block("x", tarfile.GNUTYPE_LONGNAME, b"a" * 2 * MAX_HEADER_BYTES) + PHOTO,
    "a map of holes without an end": sparse(20_000),
    "a size of very many digits": extended(record("size", "9" * 5000)) + PHOTO,
}
TOO_LONG = ("a header that is too long", "a name that is too long", "a map of holes without an end")


def found_in(path: Path, archive: bytes) -> list[Found]:
    path.write_bytes(archive + END)
    return list(find_photos([str(path)], {}))


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_headers_is_fast_and_takes_little_memory(tmp_path: Path, name: str) -> None:
    (tmp_path / "in.tar").write_bytes(HOSTILE[name] + END)
    tracemalloc.start()
    start_s = time.thread_time()
    found = list(find_photos([str(tmp_path / "in.tar")], {}))
    seconds, (_, most_bytes) = time.thread_time() - start_s, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 1
    assert most_bytes < 40 * MAX_HEADER_BYTES
    assert len(found) == 1
    if name in TOO_LONG:
        assert isinstance(found[0], Failed)
        assert found[0].code == BrokenArchive.code


@pytest.mark.parametrize("records", [b"2 =\n", b"9 a=b\n", b"6 a=bc", b"x a=b\n", b"0 a=\n"])  # the last dangles
def test_records_with_a_wrong_length_are_refused(tmp_path: Path, records: bytes) -> None:
    (found,) = found_in(tmp_path / "in.tar", extended(records) + PHOTO)
    assert isinstance(found, Failed)


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_read(tmp_path: Path, kind: int) -> None:
    with tarfile.open(tmp_path / "in.tar", "w", format=kind, pax_headers={"comment": "of all"}) as archive:
        for name in (LONG_NAME, "b.jpg"):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = 5, 1.5
            archive.addfile(member, io.BytesIO(name[-5:].encode()))
    assert list(find_photos([str(tmp_path / "in.tar")], {})) == [
        Given(f"{tmp_path}/in.tar!/{name}", name[-5:].encode()) for name in (LONG_NAME, "b.jpg")
    ]


def test_size_in_an_extended_header_counts(tmp_path: Path) -> None:
    small = block("a.jpg", tarfile.REGTYPE, b"photo", said_bytes=0)
    (photo, other) = found_in(tmp_path / "in.tar", extended(record("size", "5")) + small + PHOTO)
    assert isinstance(photo, Given)
    assert photo.data == b"photo"
    assert other.name.endswith("a.jpg#2")


@pytest.mark.parametrize("size_bytes", [-1, -5000])
def test_negative_size_is_damage(tmp_path: Path, size_bytes: int) -> None:
    """Some Python versions treat it as the archive's end, others as an empty file."""
    member = tarfile.TarInfo("b.jpg")
    member.size = size_bytes
    found = found_in(tmp_path / "in.tar", PHOTO + member.tobuf(tarfile.GNU_FORMAT) + PHOTO)
    assert [type(one) for one in found] == [Given, Failed]


def test_link_has_no_content(tmp_path: Path) -> None:
    link = extended(record("size", "5")) + block("b.jpg", tarfile.LNKTYPE, b"")
    refused, photo = found_in(tmp_path / "in.tar", link + PHOTO)
    assert isinstance(refused, Failed)
    assert isinstance(photo, Given)


def test_sparse_files_get_a_row_and_reading_continues(tmp_path: Path) -> None:
    """In both of GNU tar's formats."""
    for holed in (sparse(3), extended(record("GNU.sparse.map", "0,1") + record("GNU.sparse.name", "b.jpg")) + PHOTO):
        first, second = found_in(tmp_path / "in.tar", holed + PHOTO)
        assert isinstance(first, Failed)
        assert "sparse" in first.detail
        assert isinstance(second, Given)


def test_oversized_names_end_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.sources.names.MAX_LETTERS", 1000)
    names = [f"{place}{'a' * 200}.jpg" for place in range(9)]
    archive = b"".join(extended(record("path", name)) + PHOTO for name in names)
    *photos, last = found_in(tmp_path / "in.tar", archive)
    assert [type(photo) for photo in photos] == [Given] * 4
    assert isinstance(last, Failed)
    assert (last.name, last.code) == (f"{tmp_path}/in.tar", "too_many_members")
