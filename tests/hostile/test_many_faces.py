"""Photos with implausibly many faces and documents."""

from __future__ import annotations

import time

import numpy as np

from img_super.detector.outputs import CHANNELS, MAX_FACES, read_candidates

CELLS = 40


def test_only_the_most_confident_faces_are_examined() -> None:
    outputs = {name: np.zeros((CELLS, CELLS, channels), np.float32) for name, channels in CHANNELS.items()}
    outputs["centres"][:] = 0.9
    outputs["centres"][7, 7] = 0.95
    outputs["boxes"][..., 2:4] = -2.5  # so small that none overlap
    begun_s = time.thread_time()
    faces = read_candidates(outputs)
    assert len(faces) <= MAX_FACES
    assert faces[0].face_confidence == np.float32(0.95)
    assert time.thread_time() - begun_s < 0.5
