"""Tests are independent: none imports another test module, and unit tests import nothing slow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("*.py"))
LOADS_LONG = {"keras", "tensorflow", "torch", "benchmarks"}


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def named(path: Path) -> str:
    return path.relative_to(TESTS).as_posix()


UNIT = [path for path in MODULES if named(path).startswith("unit/")]


@pytest.mark.parametrize("path", UNIT, ids=named)
def test_unit_tests_import_nothing_slow(path: Path) -> None:
    assert {name.partition(".")[0] for name in imported(path)} & LOADS_LONG == set()


def test_tests_do_not_import_each_other() -> None:
    names = {name for path in MODULES for name in imported(path)}
    assert [name for name in names if name.rpartition(".")[2].startswith("test_")] == []


@pytest.mark.parametrize("room", sorted({path.parent for path in UNIT}), ids=named)
def test_unit_tests_mirror_the_package(room: Path) -> None:
    assert (TESTS.parent / "src" / "img_super" / room.relative_to(TESTS / "unit")).is_dir()
