import numpy as np
import pytest

from img_super.evaluation.crops import BadDataSet, CropSet, SampleRow
from img_super.training.learnable import learnable


def _pair(document: str, stage: str, care: float) -> list[SampleRow]:
    genuine = SampleRow("shard", 0, 0, "", document)
    return [genuine, SampleRow("shard", 0, 1, "pasted_head", document, stage=stage, care=care)]


@pytest.fixture
def crops() -> CropSet:
    rows = [
        row
        for pair in (
            _pair("edited", "photo", 0.9),
            _pair("printed", "file", 0.0),
            _pair("crude", "card", 0.4),
            _pair("careful", "card", 0.5),
        )
        for row in pair
    ]
    pixels = np.arange(len(rows), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return CropSet(np.broadcast_to(pixels, (len(rows), 4, 4, 3)), np.zeros((len(rows), 56, 56), np.uint8), tuple(rows))


def test_attacks_that_a_photo_does_not_show_leave_with_their_genuine_document(crops: CropSet) -> None:
    left = learnable(crops, {"photo": 1.0, "card": 0.4})
    assert [row.document for row in left.rows] == ["edited", "edited", "crude", "crude"]
    assert left.crops[:, 0, 0, 0].tolist() == [0, 1, 4, 5]


def test_a_recipe_that_says_nothing_learns_from_all(crops: CropSet) -> None:
    assert learnable(crops, {}) is crops


def test_nothing_left_is_told(crops: CropSet) -> None:
    with pytest.raises(BadDataSet, match="stages screen"):
        learnable(crops, {"screen": 1.0})
