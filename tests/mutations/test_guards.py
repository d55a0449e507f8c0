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
