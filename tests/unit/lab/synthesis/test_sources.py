from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.lab.synthesis.sources import NothingToDrawFrom, Sources, Wanted, load_sources


def test_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToDrawFrom, match="two people"):
        load_sources(tmp_path, tmp_path / "cache", Wanted("train"))


def test_design_of_the_other_split_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: Sources
) -> None:
    people = sources.portraits
    monkeypatch.setattr("img_super.lab.synthesis.sources.draw_portraits", lambda *_: list(people))
    monkeypatch.setattr("img_super.lab.synthesis.sources.split_of_identity", lambda *_: "train")
    with pytest.raises(NothingToDrawFrom, match="train may not show docxpand/pp_td3_a"):
        load_sources(None, tmp_path, Wanted("train", drawn=3, designs=("docxpand/pp_td3_a",)))


def test_broken_background_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: Sources) -> None:
    monkeypatch.setattr("img_super.lab.synthesis.sources._portraits", lambda *_: list(sources.portraits))
    monkeypatch.setattr("img_super.lab.synthesis.sources.backgrounds_of", lambda _, names: tuple(names))
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.jpg"), np.zeros((40, 40, 3), np.uint8))
    assert len(load_sources(tmp_path, tmp_path, Wanted("train")).backgrounds) == 1
    (folder / "b.jpg").write_bytes(b"no picture")
    read_when_wanted = load_sources(tmp_path, tmp_path, Wanted("train")).backgrounds
    with pytest.raises(NothingToDrawFrom, match=r"b\.jpg"):
        list(read_when_wanted)
