from __future__ import annotations

from pathlib import Path

import pytest

from img_super.pipeline.memory import usable_memory_bytes


@pytest.mark.parametrize(
    ("text", "limited"), [("1000000\n", True), ("max\n", False), ("", False), (f"{2**63}\n", False)]
)
def test_container_memory_limit_applies(tmp_path: Path, text: str, limited: bool) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(text)
    machine = usable_memory_bytes(())
    assert usable_memory_bytes((limit, tmp_path / "nowhere")) == (1_000_000 if limited else machine)
    assert machine > 100_000_000
