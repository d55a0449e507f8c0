"""The list of guards is that of the code; `python -m tests.mutations.guards` sees each test fail."""

from __future__ import annotations

import pytest

from tests.mutations.guards import GUARDS, ROOT, Guard, without_it


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_each_guard_stands_where_the_list_says_and_has_a_test(guard: Guard) -> None:
    source = (ROOT / "src" / "img_super" / guard.module).read_text()
    assert without_it(guard, source) != source
    path, _, name = guard.test.partition("::")
    assert f"def {name}" in (ROOT / "tests" / path).read_text()


def test_a_reformatted_guard_is_found() -> None:
    guard = Guard("limit", "m.py", "if a['b'] > 1:", "if False:", "unit/test_names.py")
    reformatted = 'if (  # why\n    a["b"]\n    > 1\n):\n    refuse()'
    assert without_it(guard, reformatted) == "if False:\n    refuse()"
