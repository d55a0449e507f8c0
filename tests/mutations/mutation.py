"""A guard, its test, and a module's source without the guard."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Guard:
    """What is guarded, where, and which test sees it.

    Attributes:
        where: the module and the qualified name of the function, as in `api/limits.py:BodyLimits.__call__`.
        there, gone: the guard, an expression that stands once in the function, and what takes its place. What the
            function calls its variables does not matter: a lower-case name stands for any.
        test: the file and the test's whole name, with all its parameters.
    """

    name: str
    where: str
    there: str
    gone: str
    test: str

    @property
    def module(self) -> Path:
        return Path("src", "img_super", self.where.partition(":")[0])

    @property
    def node_id(self) -> str:
        """The test as pytest calls it."""
        return f"tests/{self.test}"


def without_it(guard: Guard, source: str) -> str:
    """The module's source without the guard. Raises ValueError when it does not stand there any more."""
    tree: ast.AST = ast.parse(source)
    function = tree
    for name in guard.where.partition(":")[2].split("."):
        children = (node for node in ast.iter_child_nodes(function) if getattr(node, "name", "") == name)
        function = next(children, ast.Pass())
    taking_out = _TakingOut(guard)
    taking_out.visit(function)
    if taking_out.count != 1:
        raise ValueError(f"The guard {guard.name!r} stands {taking_out.count} times in {guard.where}: {guard.there}")
    return ast.unparse(ast.fix_missing_locations(tree))


class _TakingOut(ast.NodeTransformer):
    """Puts `gone` for every `there`, in the names that the code has."""

    def __init__(self, guard: Guard) -> None:
        self._there, self._gone = ast.parse(guard.there, mode="eval").body, guard.gone
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        names: dict[str, str] = {}
        if not _is_like(self._there, node, names):
            return self.generic_visit(node)
        self.count += 1
        gone = ast.parse(self._gone, mode="eval").body
        for name in (part for part in ast.walk(gone) if isinstance(part, ast.Name)):
            name.id = names.get(name.id, name.id)
        return gone


def _is_like(there: Any, node: Any, names: dict[str, str]) -> bool:
    """Whether the code is the same but for the names of its variables, which are gathered."""
    if type(there) is not type(node):
        return False
    if isinstance(there, list):
        return len(there) == len(node) and all(_is_like(*pair, names) for pair in zip(there, node, strict=True))
    if isinstance(there, ast.Call) and isinstance(there.func, ast.Name):
        names[there.func.id] = there.func.id  # functions are called by their own name
    if isinstance(there, ast.Name) and there.id.islower():
        return bool(names.setdefault(there.id, node.id) == node.id)
    if isinstance(there, ast.AST):
        fields = (field for field in there._fields if field != "ctx")
        return all(_is_like(getattr(there, field), getattr(node, field), names) for field in fields)
    return bool(there == node)
