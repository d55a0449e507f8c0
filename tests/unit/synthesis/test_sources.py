from __future__ import annotations

from pathlib import Path

import pytest

from img_super.evaluation.held_out import held_out
from img_super.synthesis.sources import load_sources, split_backgrounds


def test_backgrounds_are_split_without_overlap() -> None:
    paths = [Path(f"{index}.jpg") for index in range(50)]
    train, validation = split_backgrounds(paths, "train"), split_backgrounds(paths, "validation")
    assert set(train).isdisjoint(validation)
    assert len(train) + len(validation) == 50


def test_about_a_third_of_the_people_are_held_out_and_always_the_same() -> None:
    paths = [Path(f"any/{sex}/{number}.jpg") for sex in ("female", "male") for number in range(100)]
    kept = [path for path in paths if held_out(path)]
    assert 40 < len(kept) < 100
    assert held_out(Path("elsewhere") / kept[0].parent.name / kept[0].name)


def test_an_empty_data_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no portraits"):
        load_sources(tmp_path, tmp_path / "cache", "train")
