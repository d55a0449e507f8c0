from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.manifest import BadDataSet
from img_super.lab.dataset.streams import mapped, stream_crops


@pytest.fixture
def harmed(data_set: Path, tmp_path: Path) -> Path:
    """A copy for tests to damage."""
    return Path(shutil.copytree(data_set, tmp_path / "copy"))


def test_stream_equals_the_data_in_memory(data_set: Path) -> None:
    stream, whole = stream_crops(data_set), read_crops(data_set)
    assert stream.rows == whole.rows
    assert np.array_equal(stream.labels, whole.labels)
    assert np.array_equal(stream.documents, whole.documents)
    for position in range(len(whole.rows)):
        assert np.array_equal(stream.crops[position], whole.crops[position])
        assert np.array_equal(stream.masks[position], whole.masks[position])


def test_positions_are_chosen_without_reading_pixels(data_set: Path) -> None:
    stream, whole = stream_crops(data_set, 20), read_crops(data_set)
    chosen = stream.at(np.array([7, 2]))
    assert chosen.rows == (whole.rows[7], whole.rows[2])
    assert np.array_equal(chosen.crops[1], whole.crops[2])
    assert isinstance(stream.crops.shards[0], np.memmap)
    assert len(stream.rows) == 20


def test_invalid_or_foreign_shard_is_reported(harmed: Path) -> None:
    shard = next(harmed.glob("*.npz"))
    shard.write_bytes(b"PK")
    with pytest.raises(BadDataSet, match=f"{shard.name} cannot be read"):
        stream_crops(harmed)
    shard.unlink()
    with pytest.raises(BadDataSet, match="synthesize"):
        stream_crops(harmed)


def test_shard_with_another_number_of_crops_is_reported(harmed: Path) -> None:
    shard = next(harmed.glob("*.npz"))
    np.savez(shard, crops=np.zeros((1, 32, 32, 3), np.uint8), masks=np.zeros((1, 56, 56), np.uint8))
    with pytest.raises(BadDataSet, match="holds 1 crops"):
        stream_crops(harmed)


@pytest.mark.parametrize("array", [np.zeros(3), np.asfortranarray(np.zeros((2, 3), np.uint8))])
def test_only_row_major_bytes_are_mapped(tmp_path: Path, array: npt.NDArray[np.generic]) -> None:
    np.savez(tmp_path / "a.npz", crops=array)
    with pytest.raises(ValueError, match="no bytes in rows"):
        mapped(tmp_path / "a.npz", "crops")


def test_compressed_archives_cannot_be_mapped(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", crops=np.zeros(9, np.uint8))
    with pytest.raises(ValueError, match="compressed"):
        mapped(tmp_path / "a.npz", "crops")
