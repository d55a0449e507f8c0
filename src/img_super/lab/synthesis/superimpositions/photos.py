"""Whole photos with their own background: `pasted_photo` by an image editor, `printed_photo` on paper."""

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import corners_of, scale_of
from img_super.lab.synthesis.portraits.backgrounds import KINDS, PLAIN, draw_background
from img_super.lab.synthesis.portraits.framed import framed
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.superimpositions.attack import Cut
from img_super.lab.synthesis.superimpositions.placing import jittered

_MARGIN_PX = 6
_FITS = ("exact", "most", "off", "larger")
_BACKGROUNDS = (PLAIN, KINDS, ("own",))
_BACKGROUND_SHARES = (0.42, 0.5, 0.08)
"""Nearly as behind genuine portraits: were donors' backgrounds busier, that alone would tell."""


def pasted_photo(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Cut:
    """A rectangle, sometimes rounded or oval, exactly in the frame or not quite."""
    fit = str(rng.choice(_FITS, p=np.array([0.2, 0.2, 0.45, 0.15]) + care * np.array([0.5, -0.1, -0.3, -0.1])))
    sheet, matrix = _sheet(rng, donor, card, fit, care)
    border = str(rng.choice(["none", "white", "line", "black"], p=[0.74, 0.15, 0.07, 0.04]))
    sheet = _bordered(rng, sheet, border)
    picture, to_card = _with_margin(sheet, matrix)
    per_card_px = 1 / scale_of(to_card)
    rounding = float(rng.choice([0.0, rng.uniform(0.02, 0.15), 0.5], p=[0.82, 0.13, 0.05]))
    alpha = _rounded_sheet(sheet.shape, rounding)
    softness = _softness(rng, care)
    alpha = np.asarray(pixels.blur(alpha, softness * per_card_px), np.float32)
    edge = "hard" if softness < 1 else "feathered"
    facts: Facts = {"fit": fit, "border": border, "rounding": rounding, "edge_px": softness, "edge": edge}
    return Cut(picture, alpha, to_card, np.empty((0, 2), np.float32), _corners(sheet.shape), False, facts)


def printed_photo(rng: np.random.Generator, donor: Portrait, card: Card, care: float) -> Cut:
    """A paper photo: cut by hand, with slightly crooked sides; sometimes with the printer's white edge."""
    fit = str(rng.choice(_FITS, p=np.array([0.1, 0.25, 0.4, 0.25]) + care * np.array([0.4, -0.1, -0.15, -0.15])))
    sheet, matrix = _sheet(rng, donor, card, fit, care)
    border = str(rng.choice(["none", "white"], p=[0.65, 0.35]))
    sheet = _bordered(rng, sheet, border)
    picture, to_card = _with_margin(sheet, matrix)
    corners = _corners(sheet.shape)
    crooked = float(rng.uniform(0.001, 0.022)) * (1.2 - care)
    punched = bool(rng.random() < 0.1)
    rounding = float(rng.uniform(0.04, 0.14))
    alpha = _rounded_sheet(sheet.shape, rounding) if punched else _hand_cut(rng, sheet.shape, crooked)
    facts: Facts = {"fit": fit, "border": border, "crooked": crooked, "rounded": punched}
    return Cut(picture, alpha, to_card, np.empty((0, 2), np.float32), corners, False, facts)


def _sheet(
    rng: np.random.Generator, donor: Portrait, card: Card, fit: str, care: float
) -> tuple[Float32Array, Float32Array]:
    """The donor's ID photo and the map from its pixels onto the card."""
    wh = card.frame[2] - card.frame[0], card.frame[3] - card.frame[1]
    aspect = wh[0] / wh[1] * (1.0 if fit == "exact" else float(np.exp(rng.normal(0, 0.06))))
    kinds = _BACKGROUNDS[int(rng.choice(len(_BACKGROUNDS), p=_BACKGROUND_SHARES))]
    photo = framed(donor, aspect, rng, draw_background(rng, kinds)).image
    scale = wh[1] / photo.shape[0]
    corners = corners_of(card.frame)
    matrix = np.array([[wh[0] / photo.shape[1], 0, corners[0, 0]], [0, scale, corners[0, 1]], [0, 0, 1]], np.float32)
    if fit == "exact":
        return photo, matrix
    matrix[0, 0] = scale  # keeps the photo's proportions
    matrix[0, 2] += (wh[0] - scale * photo.shape[1]) / 2
    loose = 1 - care
    sizes = {"most": (0.8 + 0.08 * care, 0.97), "off": (0.94, 1.06 + 0.04 * loose), "larger": (1.05, 1.28)}
    shift, turn = (0.008 + 0.035 * loose) * card.face_width_px, 0.3 + 1.5 * loose
    spot = jittered(rng, matrix, corners.mean(0), float(rng.uniform(*sizes[fit])), shift, turn)
    return photo, spot


def _with_margin(sheet: Float32Array, matrix: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Add a margin, so that soft edges have pixels to fade."""
    border = (_MARGIN_PX,) * 4
    to_card = matrix @ np.array([[1, 0, -_MARGIN_PX], [0, 1, -_MARGIN_PX], [0, 0, 1]], np.float32)
    return np.asarray(cv2.copyMakeBorder(sheet, *border, cv2.BORDER_REPLICATE), np.float32), to_card.astype(np.float32)


def _corners(hw: tuple[int, ...]) -> Float32Array:
    """The sheet's corners, from the upper left clockwise, in pixels of the picture with its margin."""
    low, right, bottom = _MARGIN_PX - 0.5, hw[1] + _MARGIN_PX - 0.5, hw[0] + _MARGIN_PX - 0.5
    return np.array([[low, low], [right, low], [right, bottom], [low, bottom]], np.float32)


def _softness(rng: np.random.Generator, care: float) -> float:
    """Sigma of the edge in card pixels, mostly hard."""
    soft = float(rng.uniform(1.5, 5)) if rng.random() < 0.5 else float(rng.uniform(0.5, 1.5))
    return soft if rng.random() < 0.35 + 0.2 * care else 0.25


def _rounded_sheet(hw: tuple[int, ...], rounding: float) -> Float32Array:
    """1 on the sheet; `rounding` is the corners' radius in its widths, 0.5 gives an oval."""
    out_hw = hw[0] + 2 * _MARGIN_PX, hw[1] + 2 * _MARGIN_PX
    corners = _corners(hw)
    if rounding <= 0:
        return pixels.polygon(out_hw, corners)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    around = np.stack([np.cos(angles), np.sin(angles)], 1)
    if rounding >= 0.5:
        return pixels.polygon(out_hw, (corners.mean(0) + around * np.ptp(corners, axis=0) / 2).astype(np.float32))
    radius = rounding * hw[1]
    inner = (np.ptp(corners, axis=0) / 2 - radius) * np.sign(around + 1e-9)
    return pixels.polygon(out_hw, (corners.mean(0) + inner + around * radius).astype(np.float32))


def _hand_cut(rng: np.random.Generator, hw: tuple[int, ...], crooked: float) -> Float32Array:
    """The sheet cut with scissors or a knife: every side slightly rotated and bowed, sometimes with a kink."""
    corners = _corners(hw)
    middle = corners.mean(0)
    size = float(np.ptp(corners[:, 0]))
    corners = corners + (middle - corners) * abs(crooked) + rng.normal(0, crooked * size, (4, 2)) * 0.6
    sides = []
    for corner, following in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = np.linspace(0, 1, 9)[:-1, None]
        across = np.array([following[1] - corner[1], corner[0] - following[0]]) / max(size, 1.0)
        bow = np.sin(np.pi * along) * rng.normal(0, 0.5 * crooked)
        kink = np.clip(1 - np.abs(along - rng.uniform(0.2, 0.8)) * 5, 0, 1) * rng.normal(0, 0.25 * crooked)
        sides.append(corner + along * (following - corner) + (bow + kink) * across * size)
    return pixels.polygon((hw[0] + 2 * _MARGIN_PX, hw[1] + 2 * _MARGIN_PX), np.concatenate(sides).astype(np.float32))


def _bordered(rng: np.random.Generator, sheet: Float32Array, border: str) -> Float32Array:
    if border == "none":
        return sheet
    share = {"white": (0.015, 0.06), "line": (0.006, 0.012), "black": (0.008, 0.025)}[border]
    level = {"white": (230, 255), "line": (60, 200), "black": (5, 50)}[border]
    width = max(1, round(float(rng.uniform(*share)) * sheet.shape[1]))
    sheet = sheet.copy()
    colour = (float(rng.uniform(*level)),) * 3
    cv2.rectangle(sheet, (0, 0), (sheet.shape[1] - 1, sheet.shape[0] - 1), colour, 2 * width - 1)
    return sheet
