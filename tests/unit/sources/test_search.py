"""Photos in folders and archives on disk; `tests/integration/test_scan_s3.py` covers buckets."""

from __future__ import annotations

import io
import os
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from img_super.sources.errors import FileError, SourceError
from img_super.sources.found import Failed, Found, Given, InFile, InZip, Reader, file_at
from img_super.sources.search import check_sources, count_photos, find_photos

PHOTOS = {"a.jpg": b"a", "deep/b.jpg": b"bb", "deep/deeper/c.png": b"ccc"}
READER = Reader({}, max_file_bytes=100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    for name, data in PHOTOS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("deep")
        for name, data in {**PHOTOS, "__MACOSX/a.jpg": b"no", ".hidden": b"no"}.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in {**PHOTOS, ".hidden": b"no"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def contents(found: list[Found], prefix: str) -> dict[str, bytes]:
    read = {photo.name: READER.read(photo) for photo in found if not isinstance(photo, Failed)}
    assert len(read) == len(found), "every name once, nothing failed"
    return {name.removeprefix(prefix): data for name, data in read.items()}


def test_folders_are_searched_recursively(folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"no")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "d.jpg").write_bytes(b"no")
    found = list(find_photos([str(folder)], {}))
    assert contents(found, f"{folder}/") == PHOTOS
    assert count_photos([str(folder)], {}) == 3


def test_follows_links_to_files_but_not_to_folders_or_pipes(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.jpg")
    found = list(find_photos([str(folder)], {}))
    assert contents(found, f"{folder}/") == {**PHOTOS, "link.jpg": b"a"}


def test_dangling_link_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert [type(found) for found in find_photos([str(tmp_path)], {})] == [Failed]


def test_globs_and_single_files(folder: Path) -> None:
    assert [found.name for found in find_photos([f"{folder}/*.jpg"], {})] == [f"{folder}/a.jpg"]
    deep = {found.name for found in find_photos([f"{folder}/**/*.*"], {})}
    assert deep == {f"{folder}/{name}" for name in PHOTOS}
    assert [found.name for found in find_photos([f"{folder}/a.jpg"], {})] == [f"{folder}/a.jpg"]


@pytest.mark.parametrize("name", ["scan[1].jpg", "zip::a.jpg", "~a.jpg"])
def test_special_characters_in_names_are_literal(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    assert contents(list(find_photos([str(path)], {})), "") == {str(path): b"x"}


def test_zip_archives_are_read_in_place(zipped: Path) -> None:
    found = list(find_photos([str(zipped.parent)], {}))
    assert all(isinstance(photo, InZip) for photo in found)
    assert contents(found, f"{zipped}!/") == PHOTOS
    assert count_photos([str(zipped)], {}) == 3


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tbz2", "w:bz2"), ("tar.xz", "w:xz")])
def test_tar_archives_are_streamed(tmp_path: Path, ending: str, mode: str) -> None:
    path = tarred(tmp_path / f"in.{ending}", mode)
    found = list(find_photos([str(path)], {}))
    assert all(isinstance(photo, Given) for photo in found)
    assert contents(found, f"{path}!/") == PHOTOS
    assert count_photos([str(path)], {}) is None


def test_finished_photos_are_skipped(folder: Path, zipped: Path, tmp_path: Path) -> None:
    sources = [str(folder), str(zipped), str(tarred(tmp_path / "in.tar"))]
    done = {f"{folder}/a.jpg", f"{zipped}!/a.jpg", f"{tmp_path}/in.tar!/a.jpg"}
    left = {found.name for found in find_photos(sources, {}, done.__contains__)}
    assert len(left) == 6
    assert not left & done


def test_members_with_equal_names_are_both_read(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.jpg", b"second")
    found = list(find_photos([str(path)], {}))
    assert contents(found, f"{path}!/") == {"a.jpg": b"first", "a.jpg#2": b"second"}


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar", "broken.tar.gz"])
def test_invalid_archive_is_one_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"no archive at all" * 100)
    (found,) = find_photos([str(path)], {})
    assert isinstance(found, Failed)
    assert (found.name, found.code) == (str(path), "broken_archive")


@pytest.mark.parametrize("size", [1024, 1500, 2100])
def test_truncated_tar_gives_its_members_and_a_row_for_the_damage(tmp_path: Path, size: int) -> None:
    """Truncated between members, in a header, and in a photo; tarfile accepts the first two."""
    path = tarred(tmp_path / "cut.tar")
    path.write_bytes(path.read_bytes()[:size])
    first, *_, last = find_photos([str(path)], {})
    assert first == Given(f"{path}!/a.jpg", b"a")
    assert isinstance(last, Failed)
    assert last.code == "broken_archive"


def test_large_tar_members_are_not_read(tmp_path: Path) -> None:
    found = {photo.name: photo for photo in find_photos([str(tarred(tmp_path / "in.tar"))], {}, max_file_bytes=2)}
    failed = found[f"{tmp_path}/in.tar!/deep/deeper/c.png"]
    assert isinstance(failed, Failed)
    assert failed.code == "file_too_large"


@pytest.mark.parametrize("source", ["nowhere", "no/*.jpg", "nosuchprotocol://a/b", "memory://nowhere"])
def test_missing_source_ends_the_scan(source: str) -> None:
    with pytest.raises(SourceError, match=re.escape(source)):
        check_sources([source], {})


def test_any_fsspec_file_system_is_a_source() -> None:
    import fsspec

    files = fsspec.filesystem("memory")
    for name, data in PHOTOS.items():
        files.pipe_file(f"/scanned/{name}", data)
    files.pipe_file("/scanned/empty.jpg", b"")
    try:
        found = list(find_photos(["memory://scanned"], {}))
        assert contents(found, "memory:///scanned/") == {**PHOTOS, "empty.jpg": b""}
        assert {photo.name for photo in find_photos(["memory://scanned/deep/*.jpg"], {})} == {
            "memory:///scanned/deep/b.jpg"
        }
    finally:
        files.rm("/scanned", recursive=True)


def _code(found: InFile | InZip) -> str:
    with pytest.raises(FileError) as raised:
        READER.read(found)
    assert "\n" not in raised.value.detail
    return raised.value.code


TRAPS = ["good.jpg::x.jpg", "file:::x.jpg", "a#b.jpg", "a?b.jpg", "a*b.jpg", "[a].jpg", "simplecache::good.jpg"]


@pytest.mark.parametrize("ending", ["", "/*"])
def test_listed_file_names_are_never_parsed(tmp_path: Path, ending: str) -> None:
    """`good.jpg::x.jpg` was once read as `good.jpg`."""
    expected = {"good.jpg": b"good"} | {name: name.encode() for name in TRAPS}
    for name, data in expected.items():
        (tmp_path / name).write_bytes(data)
    for source in (f"file://{tmp_path}{ending}", f"{tmp_path}{ending}"):
        found = [photo for photo in find_photos([source], {}) if isinstance(photo, InFile)]
        assert {Path(photo.path).name: READER.read(photo) for photo in found} == expected


def test_archive_names_are_never_parsed(tmp_path: Path) -> None:
    for name, data in (("good.zip", b"good"), ("x::good.zip", b"other")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("a.jpg", data)
    found = find_photos([f"file://{tmp_path}"], {})
    assert sorted(READER.read(photo) for photo in found if isinstance(photo, InZip)) == [b"good", b"other"]


def test_path_traversal_in_an_archive_has_a_row(tmp_path: Path) -> None:
    names = ["../a.jpg", "/a.jpg", "deep/../../a.jpg", "..\\a.jpg"]
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as zipped, tarfile.open(tmp_path / "in.tar", "w") as tar:
        for name in names:
            zipped.writestr(name, b"a")
            tar.addfile(tarfile.TarInfo(name))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo("link.jpg")
            link.type, link.linkname = kind, "/etc/passwd"
            tar.addfile(link)
    rows = [photo for photo in find_photos([str(tmp_path)], {}) if isinstance(photo, Failed)]
    assert len(rows) == 2 * len(names) + 2
    assert {row.code for row in rows} == {"unreadable_file"}
    assert sum("link" in row.detail for row in rows) == 2


@pytest.mark.parametrize("mode", ["w:xz", "w:bz2", "w:gz"])
def test_decompression_bomb_is_abandoned(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """7 kB of xz once blocked a scan for a minute."""
    monkeypatch.setattr("img_super.sources.inflating.FREE_BYTES", 100_000)
    with tarfile.open(tmp_path / "in.tar", mode) as tar:  # type: ignore[call-overload]
        member = tarfile.TarInfo("a.jpg")
        member.size = 30_000_000
        tar.addfile(member, io.BytesIO(bytes(member.size)))
        tar.addfile(tarfile.TarInfo("b.jpg"))
    *_, row = find_photos([str(tmp_path)], {}, max_file_bytes=100)
    assert isinstance(row, Failed)
    assert (row.code, "far beyond" in row.detail) == ("broken_archive", True)


def test_zip_declaring_a_huge_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.sources.inflating.FREE_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(30_000_000))
    (row,) = find_photos([str(tmp_path)], {})
    assert isinstance(row, Failed)
    assert (row.code, "far beyond" in row.detail) == ("broken_archive", True)


@pytest.mark.parametrize("count", [9, 10, 11])
def test_archive_of_too_many_members_is_one_row_and_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Three million empty members once took a gigabyte."""
    for module in ("zip_directory", "archives"):
        monkeypatch.setattr(f"img_super.sources.{module}.MAX_MEMBERS", 10)
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as zipped, tarfile.open(tmp_path / "in.tar", "w") as tar:
        for place in range(count):
            zipped.writestr(f"{place}.jpg", b"a")
            tar.addfile(tarfile.TarInfo(f"{place}.jpg"))
    made = []
    real = zipfile.ZipInfo

    def counted(*names: Any) -> zipfile.ZipInfo:
        made.append(names)
        return real(*names)

    monkeypatch.setattr(zipfile, "ZipInfo", counted)
    rows = list(find_photos([str(tmp_path)], {}))
    refused = [row for row in rows if isinstance(row, Failed)]
    if count <= 10:
        assert (len(rows), refused) == (2 * count, [])
        return
    assert {(row.name, row.code) for row in refused} == {
        (f"{tmp_path}/in.{kind}", "too_many_members") for kind in ("zip", "tar")
    }
    assert len(rows) == 2 + 10
    assert not made


def test_zip_with_oversized_names_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.sources.zip_directory.MAX_DIRECTORY_BYTES", 70_000)
    for name, letters in (("good.zip", 15_000), ("long.zip", 25_000)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for place in range(3):
                archive.writestr(f"{place}".ljust(letters, "x"), b"a")
    refused = [row for row in find_photos([str(tmp_path)], {}) if isinstance(row, Failed)]
    assert [(row.name, row.code) for row in refused] == [(f"{tmp_path}/long.zip", "too_many_members")]


def test_member_without_a_name_has_a_row(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in ("", " ", "a.jpg", "folder/"):
            archive.writestr(zipfile.ZipInfo(name) if name else nameless(), b"a")
    assert contents(list(find_photos([str(tmp_path)], {})), f"{tmp_path}/in.zip!/") == {
        "": b"a",
        " ": b"a",
        "a.jpg": b"a",
    }


def nameless() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("a")
    member.filename = ""
    return member


def test_sparse_file_is_not_read_as_zeros(tmp_path: Path) -> None:
    header = tarfile.TarInfo("a.jpg").tobuf(tarfile.GNU_FORMAT)
    sparse = bytearray(header)
    sparse[156:157] = tarfile.GNUTYPE_SPARSE
    sparse[257:265] = b"ustar  \0"
    sparse[386:410] = b"%011o\0%011o\0" % (10_000_000, 0)
    sparse[483:495] = b"%011o\0" % 10_000_000
    sparse[148:156] = b"%06o\0 " % (sum(sparse[:148]) + 8 * 32 + sum(sparse[156:512]))
    (tmp_path / "in.tar").write_bytes(bytes(sparse) + bytes(1024))
    (row,) = find_photos([str(tmp_path)], {})
    assert isinstance(row, Failed)
    assert "sparse" in row.detail


def test_unreadable_files_have_a_code(folder: Path) -> None:
    assert _code(InFile("gone", str(folder / "gone.jpg"))) == "unreadable_file"
    assert _code(InFile("folder", str(folder))) == "unreadable_file"
    (folder / "large.jpg").write_bytes(b"x" * 101)
    assert _code(InFile("large", str(folder / "large.jpg"))) == "file_too_large"
    assert _code(InFile("told large", str(folder / "a.jpg"), 101)) == "file_too_large"


def test_unreadable_members_have_a_code(tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jpg", b"0" * 5000)
        archive.writestr("damaged.jpg", bytes(range(90)), zipfile.ZIP_STORED)
        archive.writestr("locked.jpg", b"locked")
    data = bytearray(path.read_bytes())
    data[data.index(bytes(range(20, 40))) + 5] ^= 0xFF
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1  # the flag of an encrypted member
    path.write_bytes(bytes(data))
    codes = [_code(found) for found in find_photos([str(path)], {}) if isinstance(found, InZip)]
    assert codes == ["file_too_large", "unreadable_file", "encrypted_file"]


@pytest.mark.parametrize("name", ["{folder}/pipe.jpg", "file://{folder}/pipe.jpg", "/dev/zero", "file:///dev/zero"])
def test_pipes_and_devices_do_not_block(tmp_path: Path, name: str) -> None:
    """A table may name one, or it may have replaced a file."""
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(FileError, match="not a regular file"):
        READER.read(file_at(name.format(folder=tmp_path), {}))
