"""The tree in CONTRIBUTING matches the disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_ROOMS = {"__pycache__", "__init__.py", "__main__.py"}


def drawn() -> set[str]:
    """The tree's paths: names before the remark, with depth by indentation."""
    tree = re.search(r"```\n(src/img_super/.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert tree is not None
    paths, at = set(), [""]
    for line in tree[1].splitlines():
        indent, names = re.match(r"( *)((?:[\w/]+(?:/|\.py) ?)+)", line).groups()  # type: ignore[union-attr]
        depth = len(indent) // 2
        at[depth + 1 :] = [at[depth] + names.split()[0]]
        paths |= {at[depth] + name for name in names.split()}
    return paths


def on_disk(folder: str) -> set[str]:
    """A folder's packages and modules, as named in a tree."""
    found = {path.name: path for path in (ROOT / folder).iterdir() if path.name not in NO_ROOMS}
    rooms = {f"{folder}{name}/" for name, path in found.items() if path.is_dir()}
    return rooms | {f"{folder}{name}" for name in found if name.endswith(".py")}


def test_drawn_entries_exist() -> None:
    assert [path for path in drawn() if not (ROOT / path).exists()] == []
    assert all(path.endswith("/") == (ROOT / path).is_dir() for path in drawn())


@pytest.mark.parametrize("folder", ["src/img_super/", "src/img_super/lab/"])
def test_existing_entries_are_drawn(folder: str) -> None:
    assert on_disk(folder) <= drawn()
