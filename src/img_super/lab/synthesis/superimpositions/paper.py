"""Paper on a card: a shadow from its thickness, a white core at its edges, gloss, wrinkles, a lifted corner."""

from dataclasses import dataclass

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.geometry import slid


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet and the light on it. Lengths are in pixels of the card."""

    thickness_px: float  # length of its edge's shadow
    light_deg: float  # direction of the light, 0 = right, 90 = below
    shadow: float  # darkness of the shadow, 0 to 1
    shadow_softness_px: float  # sigma
    contact: float  # the thin dark line all around, 0 to 1
    core: float  # brightness of the cut edge towards the light, 0 to 1
    gloss: float  # of the sheet, 0 (matt) to 1
    laminated: bool  # laid under the laminate: the card's gloss stays
    wrinkles: float  # depth of the waves from glue, 0 to 1
    wrinkle_cells: int  # number of waves across
    lifted: int  # index of the lifted corner, or -1
    lift: float  # how far, 0 to 1
    shade: float  # brightness of the sheet relative to the card


def draw_paper(rng: np.random.Generator, care: float, face_px: float, corners: int) -> Paper:
    """Draw a sheet; careful forgers take thin paper, glue it flat and often laminate it."""
    thickness = float(np.exp(rng.uniform(np.log(0.003), np.log(0.022)))) * face_px * (1.2 - 0.7 * care)
    lifts = corners > 0 and rng.random() < 0.3 * (1.2 - care)
    wrinkled = rng.random() < 0.45 * (1.3 - care)
    return Paper(
        thickness_px=thickness,
        light_deg=float(rng.uniform(0, 360)),
        shadow=float(rng.uniform(0.12, 0.6)) * (1.15 - 0.5 * care),
        shadow_softness_px=float(rng.uniform(0.25, 0.9)) * max(0.5, thickness),
        contact=float(max(0.0, rng.uniform(-0.1, 0.25))),
        core=float(max(0.0, rng.uniform(-0.2, 0.9))) * (1.1 - 0.6 * care),
        gloss=float(rng.choice([rng.uniform(0, 0.2), rng.uniform(0.2, 0.7), rng.uniform(0.7, 1.0)])),
        laminated=bool(rng.random() < 0.05 + 0.3 * care),
        wrinkles=float(rng.uniform(0.1, 1.0)) if wrinkled else 0.0,
        wrinkle_cells=int(rng.integers(3, 10)),
        lifted=int(rng.integers(corners)) if lifts else -1,
        lift=float(rng.uniform(0.25, 1.0)) if lifts else 0.0,
        shade=float(rng.normal(0, 0.03)),
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper in card pixels: the card below, its picture, its alpha, and the total gloss."""

    base: Float32Array
    picture: Float32Array
    alpha: Float32Array
    gloss: Float32Array


def glued(rng: np.random.Generator, sheet: Sheet, paper: Paper, corners: Float32Array) -> Sheet:
    """Glue the sheet on: shadow, cut edge, wrinkles, lifted corner, gloss.

    `corners`: [n, 2], the sheet's corners in the same pixels; empty for cut-outs.
    """
    picture, alpha, base = sheet.picture, sheet.alpha, sheet.base
    raised = np.zeros_like(alpha)
    if paper.lifted >= 0:
        raised = _raised(alpha.shape, corners, paper)
        picture, alpha = (_curled(layer, raised, corners, paper) for layer in (picture, alpha))
    relief = pixels.filled(alpha.shape, (1, 1, 1))[:, :, 0] + np.float32(paper.shade)
    if paper.wrinkles:
        relief = relief + _wrinkled(rng, alpha.shape, paper)
    relief = relief + raised * np.float32(0.28 * np.cos(np.deg2rad(paper.light_deg - 40 - 90 * paper.lifted)))
    picture = pixels.modulate(picture, np.asarray(relief, np.float32))
    base = pixels.modulate(base, _shadow(alpha, raised, paper))
    picture = _with_core(rng, picture, alpha, paper)
    return Sheet(base, picture, alpha, _gloss(sheet.gloss, alpha, np.asarray(relief, np.float32), paper))


def _towards_light(paper: Paper, length_px: float) -> tuple[float, float]:
    angle = np.deg2rad(paper.light_deg)
    return float(np.cos(angle) * length_px), float(np.sin(angle) * length_px)


def _shadow(alpha: Float32Array, raised: Float32Array, paper: Paper) -> Float32Array:
    """The light beside the sheet, 0 to 1."""
    dx, dy = _towards_light(paper, -paper.thickness_px)
    cast = pixels.blur(slid(alpha, dx, dy), paper.shadow_softness_px)
    left = 1 - paper.shadow * cast - paper.contact * pixels.blur(alpha, 0.8)
    if paper.lifted >= 0:
        reach = paper.thickness_px * (2.5 + 5 * paper.lift)
        raised_cast = slid(np.asarray(alpha * raised, np.float32), *_towards_light(paper, -reach))
        left = left * (1 - 0.7 * paper.shadow * pixels.blur(raised_cast, 0.5 * reach))
    return np.asarray(np.clip(left, 0.1, 1), np.float32)


def _with_core(rng: np.random.Generator, picture: Float32Array, alpha: Float32Array, paper: Paper) -> Float32Array:
    """The cut edge: white in places towards the light, slightly dark on the far side."""
    width = min(1.6, max(0.5, 0.6 * paper.thickness_px))
    lit = np.clip(alpha - slid(alpha, *_towards_light(paper, -width)), 0, 1)
    dark_side = np.clip(alpha - slid(alpha, *_towards_light(paper, width)), 0, 1)
    patchy = np.clip(0.65 + 0.6 * pixels.smooth_field(rng, alpha.shape, 7), 0, 1)
    core = pixels.filled(alpha.shape, rng.uniform(225, 255, 3))
    picture = pixels.blend(picture, core, np.asarray(lit * patchy * paper.core, np.float32))
    return pixels.modulate(picture, np.asarray(1 - 0.25 * paper.shadow * dark_side, np.float32))


def _wrinkled(rng: np.random.Generator, hw: tuple[int, ...], paper: Paper) -> Float32Array:
    """The light on waves in the sheet, from their slope, at a quarter of the size."""
    small = max(8, hw[0] // 4), max(8, hw[1] // 4)
    height = pixels.smooth_field(rng, small, paper.wrinkle_cells)
    ridges = np.asarray(np.exp(-((height / 0.35) ** 2)) + 0.5 * height, np.float32)
    dx, dy = _towards_light(paper, 1.0)
    slope = dx * cv2.Sobel(ridges, cv2.CV_32F, 1, 0, ksize=3) + dy * cv2.Sobel(ridges, cv2.CV_32F, 0, 1, ksize=3)
    shading = np.asarray(cv2.resize(slope, hw[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    spread = float(shading.std()) + 1e-3
    return np.asarray(np.clip(shading / spread, -2.5, 2.5) * np.float32(0.045 * paper.wrinkles), np.float32)


def _raised(hw: tuple[int, ...], corners: Float32Array, paper: Paper) -> Float32Array:
    corner = corners[paper.lifted]
    reach = (0.12 + 0.2 * paper.lift) * float(np.linalg.norm(np.ptp(corners, axis=0)))
    columns, rows = np.arange(hw[1], dtype=np.float32), np.arange(hw[0], dtype=np.float32)
    across = np.exp(-(((columns - corner[0]) / reach) ** 2))
    down = np.exp(-(((rows - corner[1]) / reach) ** 2))
    return np.asarray(paper.lift * np.outer(down, across), np.float32)


def _curled(layer: Float32Array, raised: Float32Array, corners: Float32Array, paper: Paper) -> Float32Array:
    """The corner pulled inwards, like a raised corner seen from above."""
    inwards = corners.mean(0) - corners[paper.lifted]
    inwards = 0.09 * inwards
    columns = np.arange(raised.shape[1], dtype=np.float32)[None] - raised * inwards[0]
    rows = np.arange(raised.shape[0], dtype=np.float32)[:, None] - raised * inwards[1]
    border = cv2.BORDER_REPLICATE if layer.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(
        cv2.remap(layer, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=border),
        np.float32,
    )


def _gloss(gloss: Float32Array, alpha: Float32Array, relief: Float32Array, paper: Paper) -> Float32Array:
    if paper.laminated:
        return gloss
    sheet_gloss = np.clip(paper.gloss * (1 + 4 * (relief - 1)), 0, 1)
    return np.asarray(gloss + (sheet_gloss - gloss) * alpha, np.float32)
