"""Years of wear on portrait and background alike, and the surface's gloss."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.documents.blank import Overprint

_GLOSS: Final = {"paper": (0.02, 0.18), "plastic": (0.25, 0.85), "laminate": (0.45, 1.0)}


@dataclass(frozen=True, slots=True)
class Wear:
    """How worn a card is."""

    strength: float  # 0 (new) to 1
    scratches: int  # how many
    folds: int  # creases across the card, only on paper
    fading: float  # local bleaching of the print
    stains: int  # how many
    dust: float  # specks per million pixels


def draw_wear(rng: np.random.Generator, material: str) -> Wear:
    """Draw the wear; most cards have hardly any."""
    strength = float(rng.uniform(0.1, 1.0)) if rng.random() < 0.45 else 0.0
    paper = material == "paper"
    return Wear(
        strength=strength,
        scratches=int(rng.poisson((2 if paper else 9) * strength)),
        folds=int(rng.poisson(1.0 * strength)) if paper or rng.random() < 0.15 else 0,
        fading=float(rng.uniform(0, 0.28) * strength),
        stains=int(rng.poisson(0.7 * strength)),
        dust=float(max(0.0, rng.uniform(-150, 250)) * (0.2 + strength)),
    )


def worn(
    rng: np.random.Generator, image: Float32Array, gloss: Float32Array, wear: Wear
) -> tuple[Float32Array, Float32Array]:
    """The worn card and its gloss, broken by scratches and creases; may modify its arguments."""
    hw = image.shape[:2]
    if wear.fading > 0.03:
        fade = np.clip(pixels.smooth_field(rng, hw, 5) * np.float32(wear.fading), 0, 0.45)
        image = pixels.blend(image, np.full(3, rng.uniform(205, 245), np.float32), np.asarray(fade, np.float32))
    for _ in range(wear.stains):
        image = _stained(rng, image)
    for _ in range(wear.folds):
        image, gloss = _folded(rng, image, gloss)
    marks = _marks(rng, hw, wear)
    places = cv2.findNonZero(marks)  # few, so processing only these is much faster
    if places is not None:
        at = places[:, 0, 1], places[:, 0, 0]
        alpha = marks[at] * np.float32(rng.uniform(0.25, 0.7) / 255)
        image[at] += alpha[:, None] * (np.float32(rng.uniform(90, 250)) - image[at])
        gloss[at] *= 1 - alpha
    return image, gloss


def _marks(rng: np.random.Generator, hw: tuple[int, int], wear: Wear) -> np.typing.NDArray[np.uint8]:
    marks = np.zeros(hw, np.uint8)
    direction = rng.uniform(0, np.pi)
    for _ in range(wear.scratches):
        start = rng.uniform(0, 1, 2) * (hw[1], hw[0])
        angle, length = direction + rng.normal(0, 0.35), rng.exponential(0.25) * hw[1]
        bend = rng.normal(0, 0.06) * length
        steps = np.linspace(0, 1, 8)
        x = start[0] + steps * length * np.cos(angle) - bend * np.sin(steps * np.pi) * np.sin(angle)
        y = start[1] + steps * length * np.sin(angle) + bend * np.sin(steps * np.pi) * np.cos(angle)
        points = np.round(np.stack([x, y], -1) * 16).astype(np.int32)
        cv2.polylines(marks, [points], False, float(rng.uniform(60, 255)), 1, cv2.LINE_AA, 4)
    for y, x in (rng.uniform(0, 1, (int(rng.poisson(wear.dust * marks.size / 1e6)), 2)) * hw).astype(int):
        cv2.circle(marks, (int(x), int(y)), int(rng.integers(0, 2)), float(rng.uniform(80, 255)), -1, cv2.LINE_AA)
    return marks


def _stained(rng: np.random.Generator, image: Float32Array) -> Float32Array:
    hw = image.shape[:2]
    spot = np.zeros(hw, np.float32)
    centre = tuple(int(value) for value in rng.uniform(0, 1, 2) * (hw[1], hw[0]))
    axes = tuple(int(value) for value in rng.uniform(0.03, 0.22, 2) * hw[1])
    cv2.ellipse(spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = pixels.blur(spot, float(rng.uniform(2, 8)))
    rim = np.clip(soft - pixels.blur(soft, 9) * 0.8, 0, 1) * 0.5
    tint = 1 - np.array([0.12, 0.25, 0.42]) * rng.uniform(0.2, 0.9)
    stained = pixels.scaled(image, tint)
    return pixels.blend(image, stained, np.asarray(np.clip(0.6 * soft + rim, 0, 1), np.float32))


def _folded(rng: np.random.Generator, image: Float32Array, gloss: Float32Array) -> tuple[Float32Array, Float32Array]:
    """A crease: broken print, and different light on both sides."""
    hw = image.shape[:2]
    angle = float(rng.choice([0.0, np.pi / 2])) + rng.normal(0, 0.06)
    columns = np.arange(hw[1], dtype=np.float32) * np.float32(np.sin(angle))
    rows = np.arange(hw[0], dtype=np.float32) * np.float32(np.cos(angle))
    distance = np.add.outer(rows, columns)
    distance -= np.float32(rng.uniform(distance.min(), distance.max()))
    light = np.clip(distance / 25, -1, 1) * np.exp(-np.abs(distance) / 40) * rng.uniform(-0.12, 0.12)
    image = np.minimum(pixels.modulate(image, np.asarray(1 + light, np.float32)), 255)
    rough = pixels.grain(rng, hw, 1.5) * 0.4 + 0.6
    line = np.clip(1.4 - np.abs(distance), 0, 1) * np.clip(rough, 0, 1)
    broken = np.asarray(line * rng.uniform(0.2, 0.9), np.float32)
    image = pixels.blend(image, np.full(3, rng.uniform(200, 245), np.float32), broken)
    return image, np.asarray(gloss * (1 - broken), np.float32)


def draw_gloss(
    rng: np.random.Generator, hw: tuple[int, int], material: str, overprints: tuple[Overprint, ...]
) -> Float32Array:
    """The surface's gloss: even or slightly wavy, with holograms and embossed stamps standing out."""
    level = rng.uniform(*_GLOSS[material])
    waves = 1 + 0.12 * pixels.smooth_field(rng, hw, 6)
    gloss = np.asarray(np.float32(level) * waves, np.float32)
    for over in overprints:
        if over.kind in ("hologram", "laminate", "dry_stamp"):
            gloss += over.alpha * np.float32(rng.uniform(-0.5, 0.9) / 255)
    return np.asarray(np.clip(gloss, 0, 1), np.float32)
