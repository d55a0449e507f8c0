from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.lab.dataset.groups import GROUPS, age_group, shown_faces, skin_tone

SAMPLE = Path(__file__).parents[4] / "src" / "img_super" / "samples" / "attack.jpg"


@pytest.mark.parametrize(
    ("rgb", "tone"), [((240, 205, 190), "light"), ((200, 150, 120), "medium"), ((90, 60, 45), "dark")]
)
def test_skin_tone_comes_from_the_pixels(rgb: tuple[int, int, int], tone: str) -> None:
    assert skin_tone(np.full((4, 1, 3), rgb, np.uint8)) == tone


def test_ages_are_grouped() -> None:
    assert [age_group(years) for years in (18, 34, 35, 54, 55, 89)] == [group for group in GROUPS["age"] for _ in "ab"]


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    """A woman with a picture, and another whose picture shows no face."""
    (tmp_path / "female").mkdir()
    document = cv2.imread(str(SAMPLE))
    assert document is not None
    cv2.imwrite(str(tmp_path / "female" / "1.jpg"), document[60:270, 10:220])
    cv2.imwrite(str(tmp_path / "female" / "2.jpg"), np.zeros((200, 200, 3), np.uint8))
    ordered = "\tprofile picture of a {}-year-old woman from Malawi\n"
    (tmp_path / "prompts.tsv").write_text(
        "".join(f"female/{number}.jpg{ordered.format(age)}" for number, age in ((1, 60), (2, 20)))
    )
    return tmp_path


def test_unknown_people_have_no_group(portraits: Path) -> None:
    people = ["cc0/female/1", "", "cc0/female/2", "gan/7", "cc0/female/1"]
    faces = shown_faces(people, portraits)
    assert faces.people.tolist() == people
    assert faces.groups["sex"].tolist() == ["female", "", "", "", "female"]
    assert faces.groups["age"].tolist() == ["55+", "", "", "", "55+"]
    assert faces.groups["skin"][0] in GROUPS["skin"]


def test_unlabelled_portraits_have_no_group(tmp_path: Path) -> None:
    assert set(shown_faces(["cc0/female/1"], tmp_path).groups["sex"]) == {""}
