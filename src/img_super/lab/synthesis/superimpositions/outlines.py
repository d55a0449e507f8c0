"""Outlines of overlays in the donor's pixels: heads, faces, sheets, and their edges."""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.portraits.portrait import Portrait

_CHIN_ROW = 18


@dataclass(frozen=True, slots=True)
class Edge:
    """How an outline is cut. Lengths are in pixels of the card."""

    # `hard`, `aliased` (no soft pixel at all), `feathered`, `jagged` (straight snips), `lasso` (a loose hand).
    kind: str
    grown_px: float  # margin (negative: eroded)
    softness_px: float  # sigma of the edge
    step_px: float  # length of a snip or of the hand's wobble


def draw_edge(rng: np.random.Generator, care: float, face_px: float) -> Edge:
    """Draw an edge; careful forgers feather, and cut closer to the line."""
    crude = np.array([0.3, 0.12, 0.18, 0.22, 0.18])
    careful = np.array([0.25, 0.02, 0.65, 0.03, 0.05])
    kinds = ["hard", "aliased", "feathered", "jagged", "lasso"]
    kind = str(rng.choice(kinds, p=crude + care * (careful - crude)))
    feather = float(np.exp(rng.uniform(np.log(0.006), np.log(0.045)))) * face_px
    return Edge(
        kind=kind,
        grown_px=float(rng.normal(0.002, 0.006 + 0.014 * (1 - care))) * face_px,
        softness_px=feather if kind == "feathered" else float(rng.uniform(0.3, 0.9)),
        step_px=float(rng.uniform(0.03, 0.22)) * face_px,
    )


def cut(rng: np.random.Generator, shape: Float32Array, edge: Edge, per_card_px: float) -> Float32Array:
    """A shape (0 to 1) with this edge. `per_card_px`: donor pixels per card pixel."""
    shape = grown(shape, edge.grown_px * per_card_px)
    if edge.kind in ("jagged", "lasso"):
        shape = _snipped(rng, shape, edge.step_px * per_card_px, edge.kind == "lasso")
    return np.asarray(np.clip(pixels.blur(shape, edge.softness_px * per_card_px), 0, 1), np.float32)


def grown(shape: Float32Array, steps_px: float) -> Float32Array:
    """Dilated by this many pixels, or eroded if negative."""
    steps = round(abs(steps_px))
    if not steps:
        return shape
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * steps + 1, 2 * steps + 1))
    return np.asarray((cv2.dilate if steps_px > 0 else cv2.erode)(shape, kernel), np.float32)


def _snipped(rng: np.random.Generator, shape: Float32Array, step_px: float, loose: bool) -> Float32Array:
    """The shape cut along straight snips, or with a wandering hand."""
    contours, _ = cv2.findContours((shape > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return shape
    line = max(contours, key=len)[:, 0].astype(np.float32)
    count = max(6, round(len(line) / max(step_px, 2.0)))
    positions = np.arange(count) + rng.uniform(-0.35, 0.35, count)
    indices = np.clip(positions * len(line) / count, 0, len(line) - 1).astype(np.int64)
    corners = line[indices] + rng.normal(0, 0.06 * step_px + 0.4, (len(indices), 2)).astype(np.float32)
    if loose:
        corners = _rounded(corners)
    return pixels.polygon(shape.shape, corners)


def _rounded(corners: Float32Array) -> Float32Array:
    """Corners cut off twice. Source: G. Chaikin, "An Algorithm for High-Speed Curve Generation", 1974."""
    for _ in range(2):
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1).reshape(-1, 2)
    return corners


def matte_of(portrait: Portrait) -> Float32Array:
    """Head and shoulders, 0 to 1."""
    return np.asarray(portrait.matte, np.float32) / np.float32(255)


def head_only(rng: np.random.Generator, portrait: Portrait) -> Float32Array:
    """The head down to a point on the neck."""
    chin, top = portrait.outline[_CHIN_ROW], portrait.outline[:, 1].min()
    middle, width = float(portrait.outline[:, 0].mean()), float(np.ptp(portrait.outline[:, 0]))
    below = float(chin[1]) + rng.uniform(0.02, 0.3) * (float(chin[1]) - float(top))
    reach = rng.uniform(0.62, 1.1) * width
    round_px = rng.uniform(0.15, 0.5) * width
    across = np.linspace(-reach, reach, 13)
    rise = round_px * (np.abs(across) / reach) ** rng.uniform(1.2, 3)
    bottom = np.stack([middle + across[::-1], below - rise[::-1]], 1)
    upper = np.array([[middle - 4 * reach, -9], [middle + 4 * reach, -9], [middle + 4 * reach, below - round_px]])
    corners = np.concatenate([upper, bottom, [[middle - 4 * reach, below - round_px]]]).astype(np.float32)
    return np.asarray(matte_of(portrait) * pixels.polygon(portrait.matte.shape, corners), np.float32)


def within_picture(rng: np.random.Generator, head: Float32Array, portrait: Portrait) -> Float32Array:
    """Round the outline of a head cropped by its picture: no forger leaves the picture's straight edge."""
    cut_top = float(head[0].max()) > 0.5
    cut_sides = [float((head[:, side] > 0.5).mean()) > 0.05 for side in (0, -1)]
    if not cut_top and not any(cut_sides):
        return head
    height, width = head.shape
    (left, top), (right, bottom) = portrait.outline.min(0), portrait.outline.max(0)
    middle = (left + right) / 2
    reach = min(middle, width - middle) - 1 if any(cut_sides) else 2.0 * (right - left)
    rise = (top + bottom) / 2 - 1 if cut_top else 2.0 * (bottom - top)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    around = np.stack([np.cos(angles), np.sin(angles)], 1)
    around = np.sign(around) * np.abs(around) ** rng.uniform(0.55, 0.95)
    # below the face the outline continues to the picture's bottom
    axes = np.where(around > 0, [reach, 1.2 * height], [reach, rise])
    corners = np.array([middle, (top + bottom) / 2]) + around * axes
    return np.asarray(head * pixels.polygon(head.shape, corners.astype(np.float32)), np.float32)


def head_oval(rng: np.random.Generator, portrait: Portrait) -> Float32Array:
    """An oval around the head, including hair and some background."""
    (left, top), (right, bottom) = portrait.outline.min(0), portrait.outline.max(0)
    width, height = right - left, bottom - top
    centre = np.array([(left + right) / 2, top + rng.uniform(0.36, 0.46) * height])
    axes = np.array([rng.uniform(0.58, 0.85) * width, rng.uniform(0.6, 0.85) * height])
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    squareness = rng.uniform(0.75, 1.0)
    around = np.stack([np.cos(angles), np.sin(angles)], 1)
    around = np.sign(around) * np.abs(around) ** squareness
    return pixels.polygon(portrait.matte.shape, (centre + around * axes).astype(np.float32))


FACES = ("full", "forehead", "inner", "eyes", "mouth", "t_zone", "smaller", "larger")


def face(rng: np.random.Generator, portrait: Portrait, kind: str) -> Float32Array:
    """The part of the face to swap, 0 to 1, hard-edged."""
    hulls = {"inner": _inner, "eyes": _eyes, "mouth": _mouth}
    if kind == "t_zone":
        parts = [_hull(rng, portrait, make(portrait.landmarks)) for make in (_eyes, _mouth)]
        return np.asarray(cv2.max(*parts), np.float32)
    if kind in hulls:
        return _hull(rng, portrait, hulls[kind](portrait.landmarks))
    return _hull(rng, portrait, _oval(rng, portrait, kind))


def _oval(rng: np.random.Generator, portrait: Portrait, kind: str) -> Float32Array:
    """The landmark network's oval, grown, eroded or extended over the forehead."""
    scales = {"smaller": (0.78, 0.93), "larger": (1.05, 1.2)}
    middle = portrait.outline.mean(0)
    points = middle + (portrait.outline - middle) * rng.uniform(*scales.get(kind, (0.94, 1.03)))
    if kind != "forehead":
        return np.asarray(points, np.float32)
    eyes, mouth = portrait.landmarks[:2].mean(0), portrait.landmarks[3:].mean(0)
    down = (mouth - eyes) / max(float(np.linalg.norm(mouth - eyes)), 1e-3)
    height = np.clip(-((points - eyes) @ down), 0, None)
    return np.asarray(points - height[:, None] * down * rng.uniform(0.15, 0.5), np.float32)


def _hull(rng: np.random.Generator, portrait: Portrait, points: Float32Array) -> Float32Array:
    width = portrait.face_xywh[2]
    wobbly = points + rng.normal(0, 0.012, points.shape).astype(np.float32) * width
    hull = np.asarray(cv2.convexHull(wobbly.astype(np.float32))[:, 0], np.float32)
    if rng.random() < 0.7:
        hull = _rounded(hull)
    return pixels.polygon(portrait.matte.shape, hull)


def _axes(landmarks: Float32Array) -> tuple[Float32Array, Float32Array]:
    """From eye to eye and from the eyes to the mouth."""
    return landmarks[1] - landmarks[0], (landmarks[3] + landmarks[4] - landmarks[0] - landmarks[1]) / 2


def _inner(landmarks: Float32Array) -> Float32Array:
    return np.concatenate([_eyes(landmarks), _mouth(landmarks)])


def _eyes(landmarks: Float32Array) -> Float32Array:
    across, down = _axes(landmarks)
    eyes = landmarks[0], landmarks[1]
    sides = (-1, 1)
    rows = [
        eye + side * shift * across + rise * down
        for eye, side in zip(eyes, sides, strict=True)
        for shift, rise in ((0.42, 0.02), (0.36, -0.36), (0.1, -0.46), (0.32, 0.26))
    ]
    return np.asarray(rows, np.float32)


def _mouth(landmarks: Float32Array) -> Float32Array:
    across, down = _axes(landmarks)
    corners = landmarks[3], landmarks[4]
    rows = [
        corner + side * shift * across + fall * down
        for corner, side in zip(corners, (-1, 1), strict=True)
        for shift, fall in ((0.2, 0.0), (0.12, 0.28), (-0.12, 0.42), (0.08, -0.3))
    ]
    return np.asarray([*rows, landmarks[2] - 0.25 * across - 0.12 * down, landmarks[2] + 0.25 * across], np.float32)
