from __future__ import annotations

import pytest

from img_super.detector.far_look import fades
from img_super.detector.standing import Standing
from tests.unit.detector.standings import face

GHOST = face(800, 600, 60, 5)


@pytest.mark.parametrize(
    ("far", "faded"),
    [
        ([face(805, 605, 60, 1)], True),
        ([face(805, 605, 60, 2)], False),
        ([face(300, 300, 160, 0.1)], False),
        ([], False),
    ],
)
def test_face_without_a_document_in_the_wide_view_is_a_ghost(far: list[Standing], faded: bool) -> None:
    assert fades(GHOST, far) == faded
