from __future__ import annotations

from pathlib import Path

import pytest

from img_super.lab.dataset.manifest import BadDataSet, Row, SavedFile, read_manifest, write_rows

ROW = Row(
    shard="shard-00000", position=3, label=1, species="face_swap", document="1-0-2", design="procedural",
    portrait="cc0/female/1", portrait_source="cc0", donor="gan/2", donor_source="gan", stage="photo", care=0.5,
    face_xyxy=(1, 2, 3, 4), photo_wh=(300, 200), frame_quad=((1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)),
    file=SavedFile("jpeg", 20_000, 88, True), photo="", card={"design": "procedural"}, attack={"care": 0.5},
    capture={"kind": "phone"}, passing={}, seed=1, generator="2.0",
)  # fmt: skip


def test_rows_round_trip(tmp_path: Path) -> None:
    write_rows(tmp_path / "manifest.jsonl", [ROW, ROW])
    assert read_manifest(tmp_path, Row) == [ROW, ROW]


def test_incomplete_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"shard": "shard-00000"}\n')
    with pytest.raises(BadDataSet, match="position"):
        read_manifest(tmp_path, Row)
