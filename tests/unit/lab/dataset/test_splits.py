"""Training must not contain anything from validation."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from img_super.lab.dataset import splits
from img_super.lab.dataset.splits import Split, UnknownSource
from img_super.lab.synthesis.documents import family_names
from img_super.lab.synthesis.documents.design import PROCEDURAL

CC0 = [f"cc0/{sex}/{number}" for sex in ("female", "male") for number in range(100)]


@dataclass(frozen=True)
class Shown:
    portrait: str
    donor: str = ""
    design: str = "anything"


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
    train = [Shown("gan/1", "gan/2", "ours"), Shown(_people("train")[0], "", "ours")]
    validation = [Shown(_people("validation")[0], _people("validation")[1], "docxpand/pp_td3_a")]
    assert splits.leaks(train, validation) == []
    assert splits.strays(train, "train") == []
    assert splits.strays(validation, "validation") == []


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (Shown("cc0/female/1", design="other"), "1 identities in both data sets: cc0/female/1"),
        (Shown("cc0/male/9", "cc0/female/2", "other"), "1 identities in both data sets: cc0/female/2"),
        (Shown("cc0/male/9", design="ours"), "1 designs in both data sets: ours"),
        (Shown("gan/9", design="other"), "1 sources of portraits that belong to one split in both data sets: gan"),
    ],
)
def test_shared_items_are_named(theirs: Shown, said: str) -> None:
    ours = [Shown("gan/1", "cc0/female/1", "ours"), Shown("cc0/female/2", "", "ours")]
    assert splits.leaks(ours, [theirs]) == [said]
    assert splits.leaks([theirs], ours) == [said]


def test_misplaced_sample_is_named() -> None:
    astray = Shown(_people("validation")[0], "gan/1", "docxpand/pp_td3_a")
    assert splits.strays([astray], "train") == [
        f"1 identities that train must not show: {astray.portrait}",
        "1 designs that train must not show: docxpand/pp_td3_a",
    ]
    assert splits.strays([astray], "validation") == ["1 identities that validation must not show: gan/1"]


def test_long_lists_are_shortened() -> None:
    people = [Shown(f"gan/{number}", design=f"{number}") for number in range(9)]
    assert splits.leaks(people, people)[0].endswith("gan/4, ...")
