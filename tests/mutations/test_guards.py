"""The list of guards is that of the code; `python -m tests.mutations.guards` sees each test fail."""

from __future__ import annotations

import pytest

from tests.mutations.guards import GUARDS
from tests.mutations.mutation import ROOT, Guard, without_it
from tests.mutations.trials import SEEN, Reports, verdict


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_every_guard_exists_and_has_a_test(guard: Guard) -> None:
    source = (ROOT / guard.module).read_text()
    assert without_it(guard, source) != source
    file, _, test = guard.node_id.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text()


@pytest.mark.parametrize(
    ("reports", "told"),
    [
        (Reports(failed={"a": "assert 200 == 413"}), SEEN),
        (Reports(failed={"a": "assert 200 == 413"}, passed={"a"}), SEEN),  # of other parameters
        (Reports(passed={"a"}), "stays green"),
        (Reports(failed={"b": "assert 200 == 413"}, passed={"a"}), "stays green"),
        (Reports(failed={"a": "NameError: name 'x' is not defined"}), "breaks"),
        (Reports(broken="cannot be collected"), "breaks"),
        (Reports(), "breaks"),
    ],
)
def test_only_a_failing_call_counts_as_seen_to_fail(reports: Reports, told: str) -> None:
    assert verdict(reports, "a")[0] == told


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
