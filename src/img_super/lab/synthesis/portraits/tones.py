"""The tones in which documents print portraits: colour, grey, sepia, duotone, toned, engraved, halftoned."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, Float64Array
from img_super.lab.synthesis import pixels

KINDS: Final = ("colour", "grey", "sepia", "duotone", "toned", "engraved", "halftoned")

_WEIGHTS: Final = (0.56, 0.19, 0.04, 0.05, 0.06, 0.04, 0.06)
_SEPIA_DARK: Final = (52.0, 34.0, 20.0)
_SEPIA_LIGHT: Final = (248.0, 236.0, 214.0)
_INKS: Final = ((18, 20, 26), (20, 34, 84), (70, 26, 30), (24, 60, 44), (58, 40, 90), (72, 52, 30))
_PAPERS: Final = ((252, 252, 250), (244, 240, 226), (226, 238, 248), (240, 228, 236), (230, 242, 230))
_ROSETTE_DEG: Final = (15.0, 75.0, 0.0)  # cyan, magenta, yellow, before rotating the whole screen


@dataclass(frozen=True, slots=True)
class Tone:
    """How a document prints its portrait."""

    kind: str  # one of `KINDS`
    ink: tuple[float, float, float]  # the dark end of tones other than colour, 0 to 255; `paper`: its light end
    paper: tuple[float, float, float]
    strength: float  # share of the original colour lost by a toned print, 0 to 1
    contrast: float  # slope of the tone curve at middle grey
    pitch_px: float  # distance between lines or dots, if any
    angle_deg: float  # of the lines or dots
    curl: float  # how far engraved lines follow the form, in pitches
    coloured: bool  # whether a halftone has three inks, else one
    definition: float  # resolved share of the lines or dots; the rest has merged into an even tone, 0 to 1


def draw_tone(rng: np.random.Generator, kinds: tuple[str, ...] = KINDS) -> Tone:
    """Draw a tone; colour and grey dominate, as on documents."""
    weights = np.array([_WEIGHTS[KINDS.index(kind)] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    ink, paper = _end_colours(kind, rng)
    return Tone(
        kind,
        ink,
        paper,
        strength=float(rng.uniform(0.35, 0.9)),
        contrast=float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.25)),
        pitch_px=float(rng.uniform(2.8, 4.8) if kind == "engraved" else rng.uniform(2.2, 4.2)),
        angle_deg=float(rng.choice([0.0, 45.0, -45.0, 15.0, 30.0]) + rng.normal(0, 2)),
        curl=float(rng.uniform(0.0, 2.5)),
        coloured=bool(rng.random() < 0.6),
        definition=float(rng.uniform(0.35, 1.0)),
    )


def apply_tone(image: Float32Array, tone: Tone, rng: np.random.Generator) -> Float32Array:
    """The portrait as this tone prints it; float32 RGB, the same size."""
    contrasted = np.asarray(cv2.addWeighted(image, tone.contrast, image, 0, 128 * (1 - tone.contrast)), np.float32)
    match tone.kind:
        case "grey":
            return pixels.grey(contrasted)
        case "sepia" | "duotone":
            return _between(pixels.luma(contrasted), tone)
        case "toned":
            return _mixed(contrasted, _between(pixels.luma(contrasted), tone), tone.strength)
        case "engraved":
            base = _between(pixels.luma(contrasted), tone)
            return _mixed(base, _engraved(contrasted, tone, rng), tone.definition)
        case "halftoned":
            base = contrasted if tone.coloured else _between(pixels.luma(contrasted), tone)
            return _mixed(base, _halftoned(contrasted, tone, rng), tone.definition)
        case _:
            return contrasted


def _end_colours(kind: str, rng: np.random.Generator) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    if kind == "sepia":
        return _SEPIA_DARK, _SEPIA_LIGHT
    ink = _INKS[int(rng.integers(len(_INKS)))] if rng.random() < 0.75 else _INKS[0]
    paper = _PAPERS[int(rng.integers(len(_PAPERS)))]
    if kind == "halftoned":
        ink, paper = _INKS[0], _PAPERS[0]
    return (float(ink[0]), float(ink[1]), float(ink[2])), (float(paper[0]), float(paper[1]), float(paper[2]))


def _mixed(image_a: Float32Array, image_b: Float32Array, share: float) -> Float32Array:
    return np.asarray(cv2.addWeighted(image_a, 1 - share, image_b, share, 0), np.float32)


def _between(values: Float32Array, tone: Tone) -> Float32Array:
    share = np.asarray(np.clip(values, 0, 255) / np.float32(255), np.float32)
    return pixels.blend(pixels.filled(values.shape, tone.ink), pixels.filled(values.shape, tone.paper), share)


def _engraved(image: Float32Array, tone: Tone, rng: np.random.Generator) -> Float32Array:
    """Line engraving: lines thicken with darkness and bend slightly with the form; deep shade is cross-hatched."""
    values = pixels.sharpen(pixels.luma(image), 0.8, 2.0)
    darkness = np.asarray(np.clip(1 - values / np.float32(255), 0, 1), np.float32)
    bend = tone.curl * pixels.blur(darkness, 0.04 * image.shape[0]) + np.float32(rng.uniform(0, 1))
    lines = _ridges(darkness.shape, tone.pitch_px, tone.angle_deg, bend)
    crossing = _ridges(darkness.shape, tone.pitch_px, tone.angle_deg + 62, bend)
    first = _inked(lines, np.asarray(0.08 + 0.82 * darkness, np.float32), tone.pitch_px)
    second = _inked(crossing, np.asarray(1.5 * darkness - 0.75, np.float32), tone.pitch_px)
    return _between(np.asarray(255 * (1 - cv2.max(first, second)), np.float32), tone)


def _ridges(hw: tuple[int, ...], pitch_px: float, angle_deg: float, bend: Float32Array) -> Float32Array:
    """Distance from the nearest line in pitches, 0 (on it) to 0.5 (between two)."""
    columns, rows = np.arange(hw[1], dtype=np.float32)[None], np.arange(hw[0], dtype=np.float32)[:, None]
    angle = np.deg2rad(angle_deg)
    phase = (np.float32(np.sin(angle) / pitch_px) * columns + np.float32(np.cos(angle) / pitch_px) * rows) + bend
    return np.asarray(np.abs(phase - np.floor(phase + np.float32(0.5))), np.float32)


def _inked(distance: Float32Array, width: Float32Array, pitch_px: float) -> Float32Array:
    """1 where a line of `width` (share of the pitch) covers the pixel; edges are softened over a pixel."""
    return np.asarray(np.clip((0.5 * width - distance) * np.float32(pitch_px) + np.float32(0.5), 0, 1), np.float32)


def _halftoned(image: Float32Array, tone: Tone, rng: np.random.Generator) -> Float32Array:
    """Dots that grow with the darkness: one ink, or three in the angles of offset print."""
    shift = rng.uniform(0, 1, 2)
    if not tone.coloured:
        covered = _dots(pixels.luma(image), tone.pitch_px, tone.angle_deg, shift)
        return _between(np.asarray(255 * (1 - covered), np.float32), tone)
    planes = [
        255 * (1 - _dots(np.ascontiguousarray(image[:, :, channel]), tone.pitch_px, tone.angle_deg + turn, shift))
        for channel, turn in enumerate(_ROSETTE_DEG)
    ]
    return np.asarray(cv2.merge([np.asarray(plane, np.float32) for plane in planes]), np.float32)


def _dots(values: Float32Array, pitch_px: float, angle_deg: float, shift: Float64Array) -> Float32Array:
    """The inked share of each pixel, 0 to 1, by a cosine screen whose mean is the tone."""
    columns, rows = np.arange(values.shape[1], dtype=np.float32), np.arange(values.shape[0], dtype=np.float32)
    angle = np.deg2rad(angle_deg)
    wave, cos, sin = np.float32(2 * np.pi / pitch_px), np.float32(np.cos(angle)), np.float32(np.sin(angle))
    starts = (2 * np.pi * shift).astype(np.float32)
    screen = pixels.cosine_sum(wave * sin * rows, wave * cos * columns + starts[0])
    screen += pixels.cosine_sum(wave * cos * rows, -wave * sin * columns + starts[1])
    screen = np.float32(0.25) * screen + np.float32(0.5)
    softness = np.float32(0.9 * pitch_px / 2)
    darkness = 1 - values / np.float32(255)
    return np.asarray(np.clip((darkness - screen) * softness + np.float32(0.5), 0, 1), np.float32)
