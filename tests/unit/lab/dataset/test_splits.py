"""Training must not contain anything from validation."""

from __future__ import annotations

import pytest

from img_super.lab.dataset import splits
from img_super.lab.dataset.manifest import SavedFile, ShownRow
from img_super.lab.dataset.splits import Split, UnknownSource
from img_super.lab.synthesis.documents.design import PROCEDURAL, family_names

CC0 = [f"cc0/{sex}/{number}" for sex in ("female", "male") for number in range(100)]


def _shown(portrait: str, donor: str = "", design: str = "anything") -> ShownRow:
    """A row, of which only who and what it shows counts."""
    return ShownRow(
        "shard", 0, 0, "", "document", portrait=portrait, donor=donor, design=design, face_xyxy=(0, 0, 1, 1),
        photo_wh=(1, 1), frame_quad=(), file=SavedFile("jpeg", 1, 90, True), card={}, capture={}, passing={},
    )  # fmt: skip


def _people(split: Split) -> list[str]:
    return [name for name in CC0 if splits.split_of_identity("cc0", name) == split]


def test_a_third_of_the_cc0_people_is_for_validation() -> None:
    kept = _people("validation")
    assert 40 < len(kept) < 100
    for name in kept:
        assert splits.split_of_identity("cc0", f"{name}.jpg") == "validation"
    assert not set(kept) & set(_people("train"))


def test_generated_faces_are_for_training_only() -> None:
    assert {splits.split_of_identity("gan", f"gan/{number}") for number in range(50)} == {"train"}


def test_people_drawn_on_demand_are_in_both_splits() -> None:
    kept = [number for number in range(60) if splits.split_of_identity("drawn", f"drawn/1-{number}") == "validation"]
    assert 8 < len(kept) < 36


def test_source_without_a_rule_is_refused() -> None:
    with pytest.raises(UnknownSource, match="'passers-by'"):
        splits.split_of_identity("passers-by", "passers-by/1")


def test_docxpand_designs_are_for_validation() -> None:
    families = ["docxpand/pp_td3_a", "docxpand/id_card_td1_b", "one/of/ours", "never_heard_of"]
    assert splits.designs_of("validation", families) == ("docxpand/pp_td3_a", "docxpand/id_card_td1_b")
    assert splits.designs_of("train", families) == ("one/of/ours", "never_heard_of")


def test_a_quarter_of_our_families_is_for_validation() -> None:
    families = family_names()
    kept = splits.designs_of("validation", families)
    assert set(kept) == splits.split_rules().designs.validation
    assert 0.15 < len(kept) / len(families) < 0.35
    assert PROCEDURAL in splits.designs_of("train", families)  # its looks vary, so none of it is unseen


def test_backgrounds_are_divided_by_name_alone() -> None:
    names = [f"folder/texture-{index}.jpg" for index in range(300)]
    train, validation = splits.backgrounds_of("train", names), splits.backgrounds_of("validation", names)
    assert sorted(train + validation) == sorted(names)
    assert 20 < len(validation) < 75
    assert splits.backgrounds_of("validation", names[::2]) == tuple(name for name in names[::2] if name in validation)
    assert splits.split_of_background(f"texture-{7}") == splits.split_of_background(names[7])


def test_valid_splits_have_no_leak() -> None:
    train = [_shown("gan/1", "gan/2", "ours"), _shown(_people("train")[0], "", "ours")]
    validation = [_shown(_people("validation")[0], _people("validation")[1], "docxpand/pp_td3_a")]
    assert splits.leaks(train, validation) == []


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (_shown("cc0/female/1", design="other"), "1 identities in both data sets: cc0/female/1"),
        (_shown("cc0/male/9", "cc0/female/2", "other"), "1 identities in both data sets: cc0/female/2"),
        (_shown("cc0/male/9", design="ours"), "1 designs in both data sets: ours"),
        (_shown("gan/9", design="other"), "1 sources of portraits that belong to one split in both data sets: gan"),
    ],
)
def test_shared_items_are_named(theirs: ShownRow, said: str) -> None:
    ours = [_shown("gan/1", "cc0/female/1", "ours"), _shown("cc0/female/2", "", "ours")]
    assert splits.leaks(ours, [theirs]) == [said]
    assert splits.leaks([theirs], ours) == [said]


def test_long_lists_are_shortened() -> None:
    people = [_shown(f"gan/{number}", design=f"{number}") for number in range(9)]
    assert splits.leaks(people, people)[0].endswith("gan/4, ...")
