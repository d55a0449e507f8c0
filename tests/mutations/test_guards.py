"""The list of guards is that of the code; `python -m tests.mutations.guards` sees each test fail."""

from __future__ import annotations

import pytest

from tests.mutations.guards import GUARDS, ROOT, Guard, without_it


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_exists_and_has_a_test(guard: Guard) -> None:
    source = (ROOT / "src" / "img_super" / guard.module).read_text()
    assert without_it(guard, source) != source
    path, _, name = guard.test.partition("::")
    assert f"def {name}" in (ROOT / "tests" / path).read_text()


def test_guard_is_matched_despite_formatting_and_variable_names() -> None:
    guard = Guard("limit", "m.py:A.f", "bytes['b'] > LIMIT", "bytes is None", "unit/test_names.py")
    lines = [
        "class A:",
        "    def f(self, size):",
        "        if (  # why",
        "            size['b']",
        "            > LIMIT):",
    ]
    source = "\n".join([*lines, "            refuse()"])
    assert "if size is None:" in without_it(guard, source)


@pytest.mark.parametrize("condition", ["size['b'] > OTHER", "size['c'] > LIMIT", "size['b'] >= LIMIT"])
def test_other_conditions_do_not_match(condition: str) -> None:
    guard = Guard("limit", "m.py:f", "bytes['b'] > LIMIT", "False", "unit/test_names.py")
    with pytest.raises(ValueError, match="stands 0 times"):
        without_it(guard, f"def f(size):\n    if {condition}:\n        x()")
