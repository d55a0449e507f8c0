from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from img_super.lab.dataset.manifest import Row, SavedFile
from img_super.lab.synthesis.preview import Captioned, contact_sheet, preview_data_set, write_previews


def _sample(tone: int) -> Captioned:
    return Captioned(np.full((64, 64, 3), tone, np.uint8), ("a design", "card, care 0.50"))


def test_crops_are_in_rows_with_captions() -> None:
    sheet = contact_sheet([_sample(60), _sample(90), _sample(120)], columns=2)
    assert sheet.shape == (2 * 236 + 4, 2 * 204 + 4, 3)
    assert [int(sheet[100, 100, 0]), int(sheet[100, 304, 0]), int(sheet[336, 100, 0])] == [60, 90, 120]
    assert (sheet[336, 304] == 255).all()
    assert sheet[205:235, 4:204].min() < 120  # letters
    assert sheet[441:471, 208:408].min() == 255  # none where there is no sample


def test_sheets_are_written_by_species(tmp_path: Path) -> None:
    written = write_previews({"face_swap": [_sample(100)], "pasted_head": []}, tmp_path / "sheets")
    assert [path.name for path in written] == ["face_swap.jpg"]
    picture = cv2.imread(str(written[0]))
    assert picture is not None
    assert picture.shape[:2] == (240, 208)


def _row(position: int, species: str) -> Row:
    return Row(
        shard="shard-00000", position=position, label=int(bool(species)), species=species, document=f"d{position // 2}",
        design="plain", portrait="cc0/female/1", portrait_source="cc0", donor="", donor_source="", stage="", care=0.0,
        face_xyxy=(0, 0, 9, 9), photo_wh=(90, 90), frame_quad=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)),
        file=SavedFile("jpeg", 9000, 80, True), photo="", card={}, attack={}, capture={}, passing={}, seed=1,
        generator="2.0",
    )  # fmt: skip


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    species = ["", "pasted_head", "", "face_swap", "", "face_swap"]
    crops = np.stack([np.full((32, 32, 3), 40 * at, np.uint8) for at in range(6)])
    np.savez(tmp_path / "shard-00000.npz", crops=crops, masks=np.zeros((6, 56, 56), np.uint8))
    rows = [_row(at, name) for at, name in enumerate(species)]
    (tmp_path / "manifest.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return tmp_path


def test_data_set_gets_a_sheet_per_species_and_one_for_genuine(data_set: Path, tmp_path: Path) -> None:
    written = preview_data_set(data_set, tmp_path / "sheets", limit=2)
    sheets = {path.stem: cv2.imread(str(path)) for path in written}
    assert set(sheets) == {"bona_fide", "pasted_head", "face_swap"}
    genuine, swapped = sheets["bona_fide"], sheets["face_swap"]
    assert genuine is not None
    assert swapped is not None
    assert genuine.shape[1] == swapped.shape[1] == 2 * 204 + 4  # two samples, the third genuine one left out
    assert abs(int(genuine[100, 300, 0]) - 80) < 4
    assert abs(int(swapped[100, 100, 0]) - 120) < 4
