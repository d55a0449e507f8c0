from __future__ import annotations

import numpy as np

from img_super.lab.synthesis.documents.docxpand import without_portrait


def test_the_sample_person_is_painted_over_with_the_colours_beside() -> None:
    front = np.full((200, 400, 3), (90, 150, 210), np.uint8)
    front[60:150, 20:120] = (10, 10, 10)
    painted = without_portrait(front, (0.05, 0.3, 0.3, 0.75))
    assert (painted == (90, 150, 210)).all()
    assert (front[60:150, 20:120] == 10).all()


def test_the_rest_of_the_front_stays() -> None:
    front = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    painted = without_portrait(front, (0.05, 0.3, 0.3, 0.75))
    assert np.array_equal(painted[:, 130:], front[:, 130:])
    assert np.array_equal(painted[:50], front[:50])
