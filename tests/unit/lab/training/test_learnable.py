import pytest

from img_super.lab.dataset.manifest import BadDataSet, SampleRow
from img_super.lab.training.learnable import learnable


def _pair(document: str, stage: str, care: float) -> list[SampleRow]:
    genuine = SampleRow("shard", 0, 0, "", document)
    return [genuine, SampleRow("shard", 0, 1, "pasted_head", document, stage=stage, care=care)]


ROWS = [
    row
    for pair in (
        _pair("edited", "photo", 0.9),
        _pair("printed", "file", 0.0),
        _pair("crude", "card", 0.4),
        _pair("careful", "card", 0.5),
    )
    for row in pair
]


def test_invisible_attacks_are_dropped_with_their_genuine_photo() -> None:
    assert learnable(ROWS, {"photo": 1.0, "card": 0.4}).tolist() == [0, 1, 4, 5]


def test_default_recipe_keeps_everything() -> None:
    assert learnable(ROWS, {}).tolist() == list(range(8))


def test_reports_when_nothing_is_left() -> None:
    with pytest.raises(BadDataSet, match="stages screen"):
        learnable(ROWS, {"screen": 1.0})
