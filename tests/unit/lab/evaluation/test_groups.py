from __future__ import annotations

import numpy as np

from img_super.figures import SetFigures
from img_super.lab.dataset.groups import ShownFaces
from img_super.lab.evaluation.groups import group_figures
from img_super.lab.evaluation.report import Scored
from img_super.lab.evaluation.tables import ENGLISH, SPANISH, groups_table

LABELS = np.repeat([0, 1], [45, 3])
PEOPLE = np.array(["a"] * 20 + ["b"] * 20 + ["c"] * 5 + ["b", "c", ""])
SCORES = np.array([0.9] * 20 + [0.1] * 25 + [0.1, 0.9, 0.1])
SEX = np.array([{"a": "female", "b": "female", "c": "male", "": ""}[person] for person in PEOPLE])
UNKNOWN = np.full(len(PEOPLE), "")


def found() -> SetFigures:
    species = np.where(LABELS == 1, "pasted_head", "")
    scored = Scored(LABELS, species, np.arange(len(PEOPLE)).astype(str), SCORES)
    faces = ShownFaces(PEOPLE, {"sex": SEX, "age": UNKNOWN, "skin": UNKNOWN})
    return SetFigures(groups=group_figures(scored, faces, threshold=0.5))


def test_rates_follow_the_shown_face_and_resample_people() -> None:
    groups = found().groups
    assert groups.keys() == {"sex"}
    women, men = groups["sex"]["female"], groups["sex"]["male"]
    assert (women.people, women.bona_fide, women.attacks) == (2, 40, 1)
    assert women.bpcer is not None
    assert women.bpcer.value == 0.5
    # One woman is always rejected, the other never; a draw may contain only one of them.
    assert women.bpcer.interval_95 == (0, 1)
    assert women.apcer is not None
    assert women.apcer.value == 1
    assert men.bpcer is not None
    assert men.bpcer.value == 0


def test_each_group_is_a_row_in_both_languages() -> None:
    english, spanish = (groups_table(found(), "", names).rows for names in (ENGLISH, SPANISH))
    assert english[0] == ["women", "2", "40", "0.500 (0.000 to 1.000)", "1", "1.000 (1.000 to 1.000)"]
    assert [row[0] for row in spanish] == ["mujeres", "hombres"]
