"""Cut-out heads: `pasted_head` by an image editor, `printed_head` by scissors."""

import numpy as np

from img_super.domain import Float32Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import corners_of, scale_of
from img_super.lab.synthesis.portraits.framed import filled_background, pure_foreground
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions import outlines
from img_super.lab.synthesis.superimpositions.attack import Cut
from img_super.lab.synthesis.superimpositions.placing import jittered, similarity

_SHAPES = ("head_and_shoulders", "head", "oval")


def pasted_head(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Cut:
    """A head with or without shoulders: its outline follows the hair, or is an oval around it."""
    matrix = _placement(rng, donor, card, care)
    per_card_px = 1 / scale_of(matrix)
    shape = str(rng.choice(_SHAPES, p=[0.6, 0.28, 0.12]))
    edge = outlines.draw_edge(rng, care, card.face_width_px)
    inside = _shape(rng, donor, shape)
    picture = pixels.as_float(donor.image)
    halo = "none"
    if shape != "oval":
        picture, halo = _with_halo(rng, picture, donor, care)
    alpha = outlines.cut(rng, inside, edge, per_card_px)
    clip = str(rng.choice(["none", "sides", "frame"], p=[0.15, 0.45, 0.4]))
    facts: Facts = {"shape": shape, "edge": edge.kind, "edge_px": edge.softness_px, "halo": halo, "clip": clip}
    return Cut(picture, alpha, matrix, _clip(card, clip), _no_corners(), edge.kind == "aliased", facts)


def printed_head(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Cut:
    """A head cut out of a printed sheet: straight snips, and in places the sheet's white beside the hair."""
    matrix = _placement(rng, donor, card, care)
    per_card_px = 1 / scale_of(matrix)
    shape = str(rng.choice(_SHAPES, p=[0.62, 0.3, 0.08]))
    face_px = card.face_width_px
    edge = outlines.Edge(
        kind=str(rng.choice(["jagged", "lasso"], p=[0.7, 0.3])),
        grown_px=float(rng.normal(0.012, 0.02 * (1.1 - care))) * face_px,
        softness_px=0.3,
        step_px=float(rng.uniform(0.05, 0.3)) * face_px,
    )
    picture = pixels.as_float(donor.image)
    on_white = bool(shape != "oval" and rng.random() < 0.65)
    if on_white:
        sheet = pixels.filled(picture.shape, np.full(3, rng.uniform(225, 253)) + rng.normal(0, 3, 3))
        picture = pixels.blend(sheet, picture, outlines.matte_of(donor))
    alpha = outlines.cut(rng, _shape(rng, donor, shape), edge, per_card_px)
    clip = str(rng.choice(["none", "sides", "frame"], p=[0.4, 0.35, 0.25]))
    facts: Facts = {"shape": shape, "edge": edge.kind, "white_rim": on_white, "clip": clip}
    return Cut(picture, alpha, matrix, _clip(card, clip), _no_corners(), False, facts)


def _no_corners() -> Float32Array:
    return np.empty((0, 2), np.float32)


def _clip(card: Card, kind: str) -> Float32Array:
    """Where a head may lie: `none` (everywhere), `sides` (hair may stand out above the frame), `frame`."""
    if kind == "none":
        return _no_corners()
    corners = corners_of(card.frame)
    if kind == "sides":
        corners[:2, 1] -= card.frame[3] - card.frame[1]
    return corners


def _placement(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Float32Array:
    """Onto the original face, at the same average size by the detector, so that size reveals nothing."""
    loose = 1 - care
    matrix = similarity(donor.landmarks, card.landmarks)
    scale = float(np.exp(rng.normal(-0.005, 0.05 + 0.09 * loose)))
    shift, turn = (0.015 + 0.05 * loose) * card.face_width_px, 0.7 + 2.2 * loose
    return jittered(rng, matrix, card.landmarks.mean(0), scale, shift, turn)


def _shape(rng: np.random.Generator, donor: Portrait, shape: str) -> Float32Array:
    if shape == "oval":
        return outlines.head_oval(rng, donor)
    inside = outlines.head_only(rng, donor) if shape == "head" else outlines.matte_of(donor)
    return outlines.within_picture(rng, inside, donor)


def _with_halo(
    rng: np.random.Generator, picture: Float32Array, donor: Portrait, care: float
) -> tuple[Float32Array, str]:
    """What the hair brings from its old picture: nothing, the old background, or a light rim."""
    kind = str(rng.choice(["none", "old", "light"], p=[0.25 + 0.6 * care, 0.4 - 0.3 * care, 0.35 - 0.3 * care]))
    if kind == "old":
        return picture, kind
    matte = outlines.matte_of(donor)
    if kind == "none":
        return pure_foreground(picture, matte, filled_background(picture, matte)), kind
    rim = pixels.blur(outlines.grown(matte, -rng.uniform(0, 0.02) * donor.face_xywh[2]), 0.012 * donor.face_xywh[2])
    light = pixels.filled(picture.shape, np.full(3, rng.uniform(205, 255)))
    return pixels.blend(light, picture, np.clip(rim, 0, 1)), kind
