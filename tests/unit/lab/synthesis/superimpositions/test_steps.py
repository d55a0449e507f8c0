"""The steps one by one: maps, edges, blending, matching, paper, painting, security print."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import onto
from img_super.lab.synthesis.superimpositions import outlines, placing
from img_super.lab.synthesis.superimpositions.blending import blended
from img_super.lab.synthesis.superimpositions.matching import (
    as_sharp,
    coloured,
    draw_matching,
    grained,
    is_monochrome,
    lit,
)
from img_super.lab.synthesis.superimpositions.paper import Sheet, draw_paper, glued
from img_super.lab.synthesis.superimpositions.repainting import draw_repainting, repainted
from img_super.lab.synthesis.superimpositions.reprinting import between, lines_again, reprinted
from tests.unit.lab.synthesis.superimpositions.cards import DONOR, HOST, card

POINTS = np.array([[10, 12], [40, 14], [26, 30], [14, 44], [38, 46]], np.float32)


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _disc() -> Float32Array:
    alpha = np.zeros((120, 120), np.float32)
    cv2.circle(alpha, (60, 60), 35, 1.0, -1)
    return alpha


def test_similarity_and_affine_recover_the_map() -> None:
    turned = np.array([[1.6, -0.5, 7], [0.5, 1.6, -3], [0, 0, 1]], np.float32)
    sheared = np.array([[1.6, 0.3, 7], [0.1, 0.9, -3], [0, 0, 1]], np.float32)
    assert np.allclose(placing.similarity(POINTS, onto(turned, POINTS)), turned, atol=1e-3)
    assert np.allclose(placing.affine(POINTS, onto(sheared, POINTS)), sheared, atol=1e-3)


def test_warping_brings_points_closer() -> None:
    wished = POINTS * 2 + np.array([[0, 6], [0, 0], [0, 0], [0, 0], [0, 0]], np.float32)
    picture = pixels.filled((100, 100), (0, 0, 0))
    cv2.circle(picture, (20, 24), 3, (255.0, 255.0, 255.0), -1)
    bent = placing.bent(picture, np.eye(3, dtype=np.float32), POINTS * 2, wished)
    rows = (bent[:, :, 0].sum(1) * np.arange(100)).sum() / bent[:, :, 0].sum()
    assert 26 < rows <= 31


@pytest.mark.parametrize("kind", outlines.FACES)
def test_face_region_is_inside_the_head_and_covers_the_features(kind: str) -> None:
    inside = outlines.face(_rng(), DONOR, kind)
    assert 0.01 < inside.mean() < 0.35
    features = DONOR.landmarks[:2] if kind in ("eyes", "t_zone") else DONOR.landmarks[3:]
    if kind in ("eyes", "mouth", "t_zone"):
        assert inside[DONOR.landmarks[:2].astype(int)[:, 1], DONOR.landmarks[:2].astype(int)[:, 0]].min() == (
            1.0 if kind != "mouth" else 0.0
        )
    assert all(inside[int(y), int(x)] > 0.5 for x, y in features)


@pytest.mark.parametrize("top", [0, 40])
def test_cropped_head_gets_a_rounded_edge(top: int) -> None:
    """`top`: at 0 the hair is cropped, otherwise a shoulder."""
    head = np.zeros(DONOR.image.shape[:2], np.float32)
    assert outlines.within_picture(_rng(), head, DONOR) is head
    head[top:, (30 if top == 0 else 0) : 190] = 1
    rounded = outlines.within_picture(_rng(), head, DONOR)
    assert (rounded <= head).all()
    if top == 0:
        assert rounded[0].max() < 0.5
    else:
        assert rounded[:, 0].max() < 0.5
    assert all(rounded[int(y), int(x)] == 1 for x, y in DONOR.landmarks)
    assert rounded[-1, 110] == 1  # no neck ends in the middle of the picture


@pytest.mark.parametrize("kind", ["hard", "feathered", "jagged", "lasso"])
def test_edges_follow_the_drawn_parameters(kind: str) -> None:
    edge = outlines.Edge(kind, 0.0, 6.0 if kind == "feathered" else 0.3, 14.0)
    shape = _disc()
    made = outlines.cut(_rng(), shape, edge, 1.0)
    soft = int(((made > 0.05) & (made < 0.95)).sum())
    assert abs(made.sum() / shape.sum() - 1) < 0.25
    assert (soft > 1500) == (kind == "feathered")
    wrong = int(((made > 0.5) != (shape > 0.5)).sum())
    assert (wrong > 130) == (kind in ("jagged", "lasso"))


@pytest.mark.parametrize("kind", ["feather", "poisson", "poisson_mixed", "multiband"])
def test_blending_keeps_the_outside(kind: str) -> None:
    under, over = pixels.filled((120, 120), (200, 180, 160)), pixels.filled((120, 120), (90, 100, 110))
    over[::4] += 30
    joined, covered = blended(under, over, _disc(), kind)
    far = cv2.dilate(_disc(), np.ones((41, 41))) == 0
    assert np.abs(joined - under)[far].max() < 1.5
    assert covered[60, 60] > 0.99
    assert covered[0, 0] == 0
    stripes = float(joined[50:70, 60, 0].std())
    assert stripes > 5


def test_poisson_adopts_the_border_colours() -> None:
    under, over = pixels.filled((120, 120), (200, 180, 160)), pixels.filled((120, 120), (90, 100, 110))
    joined, _ = blended(under, over, _disc(), "poisson")
    assert np.abs(joined[60, 60] - under[60, 60]).max() < 8


def test_grey_under_coloured_light_is_monochrome_and_skin_is_not() -> None:
    inside = np.zeros(HOST.image.shape[:2], np.float32)
    inside[40:200, 50:170] = 1
    image = pixels.as_float(HOST.image)
    assert not is_monochrome(image, inside)
    assert is_monochrome(pixels.scaled(pixels.grey(image), (0.6, 0.8, 1.1)), inside)


@pytest.mark.parametrize("colour", ["rgb", "lab", "histogram"])
def test_colour_matching_reduces_the_difference(colour: str) -> None:
    rng = _rng()
    like = pixels.filled((90, 90), (180, 140, 120)) + pixels.noise(rng, (90, 90), 12, 1.0, 0.8)
    picture = pixels.filled((90, 90), (90, 110, 150)) + pixels.noise(rng, (90, 90), 20, 1.0, 0.8)
    matching = replace(draw_matching(rng, 1.0, "file"), colour=colour, colour_strength=1.0, tint=False)
    made = coloured(picture, like, np.ones((90, 90), np.float32), matching)
    assert np.abs(made.mean((0, 1)) - like.mean((0, 1))).max() < 4


def test_light_sharpness_and_grain_follow_the_surroundings() -> None:
    rng, alpha = _rng(), np.ones((120, 120), np.float32)
    flat = pixels.filled((120, 120), (128, 128, 128))
    ramp = pixels.modulate(flat, np.tile(np.linspace(0.7, 1.3, 120, dtype=np.float32), (120, 1)))
    assert lit(flat, ramp, alpha, 1.0)[:, 100].mean() > lit(flat, ramp, alpha, 1.0)[:, 20].mean() + 20
    detailed = flat + pixels.noise(rng, flat.shape, 25, 0.0, 0.0)
    soft = pixels.blur(detailed, 1.5)
    assert abs(as_sharp(detailed, soft, alpha, 1.0).std() / soft.std() - 1) < 0.4
    grainy = flat + pixels.noise(rng, flat.shape, 9, 0.45, 0.0)
    for copied in (False, True):
        matching = replace(draw_matching(rng, 1.0, "file"), grain=1.0, grain_copied=copied)
        assert 4 < grained(rng, flat, grainy, alpha, matching).std() < 14


def test_careful_forgers_do_more() -> None:
    drawn = {
        care: [draw_matching(np.random.default_rng(seed), care, "photo") for seed in range(60)] for care in (0.0, 1.0)
    }
    for name in ("colour_strength", "light", "blur", "grain", "lines", "stamps"):
        crude, careful = (np.mean([getattr(one, name) for one in drawn[care]]) for care in (0.0, 1.0))
        assert careful > crude + 0.3


def test_paper_shadow_falls_away_from_the_light() -> None:
    rng = _rng()
    alpha = np.zeros((100, 100), np.float32)
    alpha[30:70, 30:70] = 1
    paper = replace(
        draw_paper(rng, 0.0, 100, 0), light_deg=0.0, thickness_px=4.0, shadow=0.5, shadow_softness_px=1.0,
        contact=0.0, core=1.0, laminated=False, gloss=1.0, wrinkles=0.0, shade=0.0,
    )  # fmt: skip
    card_, sheet = pixels.filled((100, 100), (200, 200, 200)), pixels.filled((100, 100), (100, 100, 100))
    made = glued(rng, Sheet(card_, sheet, alpha, np.zeros((100, 100), np.float32)), paper, np.empty((0, 2), np.float32))
    assert made.base[50, 27, 0] < 160  # the light comes from the right
    assert made.base[50, 73, 0] == pytest.approx(200, abs=2)
    assert made.picture[32:68, 69, 0].max() > 130  # white core, in places
    assert made.picture[32:68, 31, 0].max() < 101
    assert made.gloss[50, 50] > 0.9
    assert made.gloss[5, 5] == 0


def test_lifted_corner_shades_only_its_own_corner() -> None:
    rng = _rng()
    alpha = np.zeros((100, 100), np.float32)
    alpha[20:80, 20:80] = 1
    corners = np.array([[20, 20], [80, 20], [80, 80], [20, 80]], np.float32)
    paper = replace(draw_paper(rng, 0.0, 60, 0), lifted=0, lift=1.0, wrinkles=0.0, core=0.0, contact=0.0, shade=0.0)
    flat = pixels.filled((100, 100), (128, 128, 128))
    made = glued(rng, Sheet(flat, flat, alpha, np.zeros((100, 100), np.float32)), paper, corners)
    assert made.alpha[21, 21] < 0.5
    assert made.alpha[78, 78] > 0.9


@pytest.mark.parametrize("kind", ["flat", "inpainted", "smeared", "tinted"])
def test_inpainting_hides_the_original_head(kind: str) -> None:
    repainting = replace(draw_repainting(_rng(), 1.0), kind=kind, softness=0.003, reach=1.2)
    host = card()
    x_min, y_min, x_max, y_max = host.frame
    frame = np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]], np.float32)
    painted, alpha = repainted(_rng(), host.image, repainting, host.outline, frame)
    middle = host.landmarks.mean(0).astype(int)
    assert alpha[middle[1], middle[0]] > 0.95
    assert alpha[5, 5] == 0
    assert np.abs(painted - host.image)[alpha == 0].max() == 0
    cheek = np.s_[128:140, 108:132]
    assert np.abs(painted - host.image)[cheek].mean() > 12
    assert np.ptp(painted[cheek].mean((0, 1)) - painted[60:70, 65:75].mean((0, 1))) < 25 or kind == "tinted"


def test_security_lines_are_redrawn_only_over_the_covered_area() -> None:
    covered = np.zeros(card().image.shape[:2], np.float32)
    covered[:, :120] = 1
    blank = pixels.filled(covered.shape, (220, 220, 220))
    matching = replace(draw_matching(_rng(), 1.0, "file"), lines=1.0, lines_dx=0.0, lines_dy=0.0)
    wh, same, light = (240, 260), np.eye(3, dtype=np.float32), np.ones(3, np.float32)
    lines = lines_again(card(), matching, same, wh, light)
    made = reprinted(blank, covered, lines)
    assert made[114, 60].max() < 40
    assert made[114, 180].min() > 200
    assert lines_again(card(), matching, same, wh, light * 3)[0].colour.max() == pytest.approx(60)
    assert between(lines, covered)[114].max() == 0
    assert between(lines, covered)[60, 60] == 1
    assert lines_again(card(), replace(matching, lines=0.0), same, wh, light) == ()
