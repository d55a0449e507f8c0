from __future__ import annotations

from pathlib import Path

import pytest

from img_super.durable import replacing


def test_readers_see_the_whole_file_or_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("r.csv", "old")]
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
