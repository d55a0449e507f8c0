"""Adapts the donor to its surroundings, as careful forgers do: colour, light, blur, grain."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, UInt8Array
from img_super.lab.synthesis import pixels

_BLURS_PX: Final = (0.0, 0.5, 0.75, 1.1, 1.6, 2.3, 3.2)
_SEEN_PX: Final = 160
_MAD_TO_SIGMA: Final = 1.4826
_GREY_MATCHED: Final = 0.9
_THUMB_PX: Final = 16
_IN_PHOTO: Final = (1.5, 0.8, 2.5)
_BEFORE_PHOTO: Final = (0.9, 1.1, 6.5)
"""The most extra blur (pixels), sharpening and noise of donors that are not fitted in."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How the donor is matched."""

    colour: str  # `none`, `rgb`, `lab` or `histogram`
    colour_strength: float  # 0 to 1
    tint: bool  # whether the donor takes the tint of a monochrome portrait
    light: float  # share of the light's fall-off that is applied to the donor, 0 to 1
    blur: float  # degree of sharpness matching, 0 to 1
    extra_blur_px: float  # additional blur
    extra_sharpen: float  # additional sharpening
    grain: float  # degree of grain matching, 0 to 1
    grain_copied: bool  # whether grain is copied from the surroundings, halftone included, or synthetic
    extra_noise: float  # additional grain, 0 to 255
    lines: float  # strength of the security lines reprinted over the donor, 0 to 1
    stamps: float  # the same for stamps, signatures and holograms
    # lines_dx, lines_dy: their misplacement, face widths
    lines_dx: float
    lines_dy: float


def draw_matching(rng: np.random.Generator, care: float, stage: str) -> Matching:
    """Draw the matching: careful forgers do nearly everything, crude ones nearly nothing.

    A donor that goes through camera or printer with the card loses detail there and starts with more; one that is laid
    into the photo starts with less, or the sharpness of the whole crop would reveal the class.
    """

    def strength(least: float, likeliest: float) -> float:
        """The strength of a step; 0 with a probability that falls with care."""
        return float(rng.uniform(0.5 + 0.4 * care, 1.0)) if rng.random() < least + (likeliest - least) * care else 0.0

    colour_strength = strength(0.5, 0.97)
    blur, grain = strength(0.15, 0.95), strength(0.25, 0.95)
    blurred, sharpened, grainy = _IN_PHOTO if stage in ("photo", "screen") else _BEFORE_PHOTO
    spread = 0.004 + 0.012 * (1 - care)
    return Matching(
        colour=str(rng.choice(["rgb", "lab", "histogram"], p=[0.3, 0.5, 0.2])) if colour_strength else "none",
        colour_strength=colour_strength,
        tint=bool(rng.random() < _GREY_MATCHED),
        light=strength(0.02, 0.8),
        blur=blur,
        extra_blur_px=0.0 if blur else float(max(0.0, rng.uniform(-1.5, blurred))),
        extra_sharpen=0.0 if blur else float(max(0.0, rng.uniform(-1.2, sharpened))),
        grain=grain,
        grain_copied=bool(rng.random() < 0.4),
        extra_noise=0.0 if grain else float(max(0.0, rng.uniform(-3, grainy))),
        lines=strength(0.0, 0.9),
        stamps=strength(0.1, 0.9),
        lines_dx=float(rng.normal(0, spread)),
        lines_dy=float(rng.normal(0, spread)),
    )


def coloured(picture: Float32Array, host: Float32Array, alpha: Float32Array, matching: Matching) -> Float32Array:
    """The donor with its colours matched to what it covers."""
    if matching.tint and is_monochrome(host, alpha):
        return pixels.tint_like(picture, host, alpha)
    match matching.colour:
        case "rgb":
            return pixels.match_statistics(picture, host, alpha, matching.colour_strength)
        case "lab":
            return _like_in_lab(picture, host, alpha, matching.colour_strength)
        case "histogram":
            return _like_by_histogram(picture, host, alpha, matching.colour_strength)
        case _:
            return picture


def is_monochrome(image: Float32Array, alpha: Float32Array) -> bool:
    """Whether all colours under `alpha` are of one tint, as in a grey, sepia or photocopied portrait in any light."""
    wh = max(1, image.shape[1] // 4), max(1, image.shape[0] // 4)
    cells = np.s_[: 4 * wh[1], : 4 * wh[0]]  # OpenCV downscales much faster by an integer
    small, share = (cv2.resize(field[cells], wh, interpolation=cv2.INTER_AREA) for field in (image, alpha))
    samples = np.asarray(small, np.float32)[np.asarray(share, np.float32) > 0.5]
    if len(samples) < 8:
        return False
    grey = samples.mean(1)
    level = float(grey.mean())
    grey = grey - level
    chroma = samples - samples.mean(0) - grey[:, None]
    slopes = grey @ chroma / (grey @ grey + 1e-3)  # of a line through the colours
    return float(np.abs(chroma - grey[:, None] * slopes).mean()) < 0.8 + 0.009 * level


def _like_in_lab(picture: Float32Array, host: Float32Array, alpha: Float32Array, strength: float) -> Float32Array:
    """Mean and spread in L*a*b*. Source: E. Reinhard et al., "Color transfer between images", 2001."""
    picture_lab, host_lab = _lab(picture), _lab(host)
    matched = pixels.match_statistics(picture_lab, host_lab, alpha, strength)
    matched[:, :, 0] = np.clip(matched[:, :, 0], 0, 100)
    return np.asarray(cv2.cvtColor(matched, cv2.COLOR_LAB2RGB), np.float32) * np.float32(255)


def _lab(image: Float32Array) -> Float32Array:
    unit = np.clip(image * np.float32(1 / 255), 0, 1)
    return np.asarray(cv2.cvtColor(unit, cv2.COLOR_RGB2LAB), np.float32)


def _like_by_histogram(picture: Float32Array, host: Float32Array, alpha: Float32Array, strength: float) -> Float32Array:
    picture_bytes, host_bytes = pixels.to_bytes(picture), pixels.to_bytes(host)
    mask = np.asarray(alpha > 0.5, np.uint8)
    if cv2.countNonZero(mask) < 64:
        return picture
    tables = np.empty((256, 3), np.float32)
    for channel in range(3):
        picture_shares, host_shares = (_shares(image, mask, channel) for image in (picture_bytes, host_bytes))
        tables[:, channel] = np.interp(picture_shares, host_shares, np.arange(256))
    matched = np.asarray(cv2.LUT(picture_bytes, tables.reshape(256, 1, 3)), np.float32)
    return np.asarray(cv2.addWeighted(picture, 1 - strength, matched, strength, 0), np.float32)


def _shares(image: UInt8Array, mask: UInt8Array, channel: int) -> Float32Array:
    """The cumulative distribution of brightness."""
    counts = cv2.GaussianBlur(cv2.calcHist([image], [channel], mask, [256], [0, 256]), (0, 0), 1.5)[:, 0]
    return np.asarray(np.cumsum(counts + 1e-3) / (counts + 1e-3).sum(), np.float32)


def lit(picture: Float32Array, host: Float32Array, alpha: Float32Array, strength: float) -> Float32Array:
    """The donor with the light fall-off (a plane) of what it covers."""
    if strength <= 0:
        return picture
    wh = (_THUMB_PX, _THUMB_PX)
    weight = np.asarray(cv2.resize(alpha, wh, interpolation=cv2.INTER_AREA)).ravel()
    sparse = np.s_[::4, ::4]  # a sixteenth of the pixels is enough
    gap = np.asarray(host[sparse], np.float32) - picture[sparse]
    difference = np.asarray(cv2.resize(gap, wh, interpolation=cv2.INTER_AREA), np.float32)
    grid = np.linspace(-1, 1, _THUMB_PX, dtype=np.float32)
    columns, rows = (axis.ravel() for axis in np.meshgrid(grid, grid))
    design = np.stack([columns, rows, np.ones_like(rows)], 1) * weight[:, None]
    # damping keeps the plane flat if the donor covers too little
    normal = design.T @ design + 0.02 * weight.sum() * np.eye(3)
    slopes = np.linalg.solve(normal, design.T @ (difference.mean(2).ravel() * weight))
    plane = (strength * (slopes[0] * columns + slopes[1] * rows)).reshape(wh).astype(np.float32)
    field = np.asarray(cv2.resize(plane, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(cv2.add(picture, pixels.three(field)), np.float32)


def as_sharp(picture: Float32Array, host: Float32Array, alpha: Float32Array, strength: float) -> Float32Array:
    """The donor blurred (or slightly sharpened) until its fine detail matches what it covers."""
    if strength <= 0:
        return picture
    luma, host_luma, weights = (_opaque(field, alpha) for field in (pixels.luma(picture), pixels.luma(host), alpha))
    goal = _detail(host_luma, weights)
    details = [_detail(pixels.blur(luma, sigma), weights) for sigma in _BLURS_PX]
    if details[0] < 0.75 * goal:
        return pixels.sharpen(picture, strength * min(1.0, 0.5 * (goal / max(details[0], 1e-3) - 1)))
    falling = np.maximum.accumulate(details[::-1])
    sigma = float(np.interp(goal, falling, _BLURS_PX[::-1]))
    return pixels.blur(picture, strength * sigma)


def _opaque(field: Float32Array, alpha: Float32Array) -> Float32Array:
    """The interior of the covered area, for measurements."""
    rows, columns = alpha.shape[0] // 2, alpha.shape[1] // 2
    half = _SEEN_PX // 2
    return field[max(0, rows - half) : rows + half, max(0, columns - half) : columns + half]


def _detail(field: Float32Array, weights: Float32Array) -> float:
    edges = cv2.absdiff(field, cv2.GaussianBlur(field, (0, 0), 1.6))
    return float(cv2.mean(edges, np.asarray(weights > 0.5, np.uint8))[0])


def grained(
    rng: np.random.Generator, picture: Float32Array, host: Float32Array, alpha: Float32Array, matching: Matching
) -> Float32Array:
    """The donor with as much grain as what it covers."""
    if matching.grain <= 0:
        return picture
    residual = _residual(host)
    goal, present = _grain_sigma(residual, alpha), _grain_sigma(_residual(picture), alpha)
    lacking = float(np.sqrt(max(0.0, goal**2 - present**2))) * matching.grain
    if lacking < 0.3:
        return picture
    if matching.grain_copied:
        core = np.clip(residual, -2.5 * goal, 2.5 * goal)  # stronger residuals are edges of the original face
        copied = np.roll(core, (3, 5), (0, 1)) * np.float32(lacking / max(goal, 0.1))
        return np.asarray(cv2.add(picture, pixels.three(copied)), np.float32)
    grain = pixels.noise(rng, picture.shape, lacking, float(rng.uniform(0.3, 0.8)), 0.1)
    return np.asarray(cv2.add(picture, grain), np.float32)


def _residual(image: Float32Array) -> Float32Array:
    value = pixels.luma(image)
    return np.asarray(cv2.subtract(value, cv2.GaussianBlur(value, (0, 0), 1.2)), np.float32)


def _grain_sigma(residual: Float32Array, alpha: Float32Array) -> float:
    """Robust spread of an image's fine residual."""
    sparse = np.s_[::2, ::3]
    values = np.abs(residual[sparse][alpha[sparse] > 0.5])
    return _MAD_TO_SIGMA * float(np.median(values)) if len(values) > 16 else 0.0


def fitted(
    rng: np.random.Generator, picture: Float32Array, host: Float32Array, alpha: Float32Array, matching: Matching
) -> Float32Array:
    """All steps in the order of an image editor: colour, light, sharpness, grain."""
    picture = coloured(picture, host, alpha, matching)
    picture = np.clip(lit(picture, host, alpha, matching.light), 0, 255)
    picture = as_sharp(picture, host, alpha, matching.blur)
    picture = pixels.sharpen(pixels.blur(picture, matching.extra_blur_px), matching.extra_sharpen)
    picture = grained(rng, picture, host, alpha, matching)
    if matching.extra_noise:
        grain = pixels.noise(rng, picture.shape, matching.extra_noise, float(rng.uniform(0, 0.8)), 0.3)
        picture = np.asarray(cv2.add(picture, grain), np.float32)
    return picture
