from __future__ import annotations

from pathlib import Path

import pytest

from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.manifest import BadDataSet


def test_data_set_is_read_in_order(data_set: Path) -> None:
    crops = read_crops(data_set)
    assert crops.crops.shape == (32, 32, 32, 3)
    assert crops.labels.tolist() == [0, 1] * 16
    assert crops.species[1] == "face_swap"
    assert len(set(crops.documents)) == 16
    assert len(read_crops(data_set, limit=5).rows) == 5


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "missing"),
        ("", "no rows"),
        ("{]", "damaged"),
        ('{"shard": "s", "position": 0, "label": 1, "species": "", "document": "d"}', "missing"),
    ],
)
def test_errors_are_reported(tmp_path: Path, manifest: str | None, said: str) -> None:
    if manifest is not None:
        (tmp_path / "manifest.jsonl").write_text(manifest)
    with pytest.raises(BadDataSet, match=said):
        read_crops(tmp_path)


def test_shard_of_another_length_is_refused(data_set: Path, tmp_path: Path) -> None:
    (tmp_path / "shard-00000.npz").write_bytes((data_set / "shard-00000.npz").read_bytes())
    first = (data_set / "manifest.jsonl").read_text().splitlines()[0]
    (tmp_path / "manifest.jsonl").write_text(first)
    with pytest.raises(BadDataSet, match="32 crops"):
        read_crops(tmp_path)
