"""Another person's inner face, mapped onto the original's landmarks."""

from typing import Final

import numpy as np

from img_super.domain import Float32Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import scale_of
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions import outlines
from img_super.lab.synthesis.superimpositions.attack import Cut
from img_super.lab.synthesis.superimpositions.placing import affine, bent, jittered, similarity

_FACE_SHARES: Final = (0.32, 0.16, 0.15, 0.04, 0.05, 0.06, 0.1, 0.12)


def face_swap(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Cut:
    """A face mapped by its landmarks: by similarity, affinely, or warped to the original's proportions."""
    points = np.concatenate([donor.landmarks, donor.outline])
    goals = np.concatenate([card.landmarks, card.outline])
    fits = ["landmarks", "similarity", "affine", "bent"]
    fit = str(rng.choice(fits, p=np.array([0.4, 0.4, 0.1, 0.1]) + care * np.array([-0.25, -0.2, 0.1, 0.35])))
    picture = pixels.as_float(donor.image)
    matrix = _matrix(fit, donor, card, points, goals)
    if fit == "bent":
        picture = bent(picture, matrix, points, goals)
    kind = str(rng.choice(outlines.FACES, p=_FACE_SHARES))
    shape = outlines.face(rng, donor, kind)
    loose = 1 - care
    matrix = jittered(
        rng, matrix, card.landmarks.mean(0), float(np.exp(rng.normal(0, 0.01 + 0.05 * loose))),
        (0.004 + 0.02 * loose) * card.face_width_px, 0.3 + 1.2 * loose,
    )  # fmt: skip
    edge = outlines.draw_edge(rng, min(1.0, care + 0.3), 1.6 * card.face_width_px)
    alpha = outlines.cut(rng, shape, edge, 1 / scale_of(matrix))
    facts: Facts = {
        "shape": kind, "fit": fit, "edge": edge.kind, "edge_px": edge.softness_px
    }  # fmt: skip
    no_points = np.empty((0, 2), np.float32)
    return Cut(picture, alpha, matrix, no_points, no_points, edge.kind == "aliased", facts)


def _matrix(fit: str, donor: Portrait, card: Card, points: Float32Array, goals: Float32Array) -> Float32Array:
    if fit == "landmarks":
        return similarity(donor.landmarks, card.landmarks)
    return similarity(points, goals) if fit == "similarity" else affine(points, goals)
