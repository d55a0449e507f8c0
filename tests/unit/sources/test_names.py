from __future__ import annotations

import os

import pytest

from img_super.sources.names import MemberNames, is_hidden, printable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("in/cédula 1.jpg", "in/cédula 1.jpg"),
        ("=HYPERLINK(1).jpg", "./=HYPERLINK(1).jpg"),
        ("-rf.jpg", "./-rf.jpg"),
        ("a\nb\x1b[31m.jpg", "a\\nb\\x1b[31m.jpg"),
        (os.fsdecode(b"caf\xe9.jpg"), "caf\\xe9.jpg"),
    ],
)
def test_names_are_safe_in_terminals_and_spreadsheets(name: str, expected: str) -> None:
    assert printable(name) == expected


@pytest.mark.parametrize("path", [".git/config", "a/.DS_Store", "__MACOSX/a.jpg", "a/Thumbs.db"])
def test_system_files_are_hidden(path: str) -> None:
    assert is_hidden(path)
    assert not is_hidden(path.replace(".", "x").replace("__MACOSX", "a").replace("Thumbs", "T"))


def test_members_with_equal_names_are_kept_apart() -> None:
    names = MemberNames("a.zip")
    assert [names.name(member) for member in ("x.jpg", "y.jpg", "x.jpg")] == [
        "a.zip!/x.jpg", "a.zip!/y.jpg", "a.zip!/x.jpg#2",
    ]  # fmt: skip
