"""A photo of a card: draws every parameter, then simulates the light path."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis.capture.light import Falling, Lamp, Light, Shade, draw_light, falling, lit, on_bent
from img_super.lab.synthesis.capture.optics import Optics, draw_optics, through_lens
from img_super.lab.synthesis.capture.scene import Scene, SceneStage, draw_scene, lay_out, set_stage
from img_super.lab.synthesis.capture.sensor import Sensor, develop, draw_sensor
from img_super.lab.synthesis.capture.view import View

KINDS: Final = {
    "fine_phone": 0.38, "phone": 0.25, "old_phone": 0.12, "webcam": 0.03, "low_light": 0.06, "scanner": 0.11,
    "copier": 0.05,
}  # fmt: skip
_SOFTNESS: Final = {
    "fine_phone": 0.3, "phone": 1.0, "old_phone": 1.9, "webcam": 2.2, "low_light": 1.5, "scanner": 0.7, "copier": 1.2
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capture:
    """Every parameter of a photo except the card and the camera position."""

    # `phone`, `old_phone`, `webcam`, `low_light`, `scanner`, `copier`, or `fine_phone`: with so many megapixels that
    # the reduced photo is sharp and has little noise.
    kind: str
    scene: Scene
    light: Light
    optics: Optics
    sensor: Sensor
    # first_quality, first_subsampled: of the camera's JPEG
    first_quality: int
    first_subsampled: bool


def draw_capture(rng: np.random.Generator) -> Capture:
    """Draw every parameter of a photo."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    scan = kind in ("scanner", "copier")
    scene, light, optics = draw_scene(rng), draw_light(rng), draw_optics(rng, _SOFTNESS[kind])
    sensor = draw_sensor(rng, "phone" if scan else kind)
    quality = int(np.clip(rng.normal(93, 4), 78, 99)) if rng.random() < 0.8 else int(rng.integers(70, 92))
    capture = Capture(kind, scene, light, optics, sensor, quality, bool(rng.random() < 0.75))
    return _as_scan(rng, capture) if scan else capture


def _as_scan(rng: np.random.Generator, capture: Capture) -> Capture:
    """A flatbed or copier scan: flat light, a lid behind, no hand, strong contrast."""
    copier = capture.kind == "copier"
    lid = float(rng.choice([rng.uniform(0.9, 1.25), rng.uniform(0.1, 0.35)], p=[0.85, 0.15]))
    scene = replace(
        capture.scene, surface="paper", surface_gains=(lid, lid, lid), surface_blur=0.0, sheet="none", occluders=(),
        shadow=float(rng.uniform(0, 0.5)), shadow_soft=float(rng.uniform(0.01, 0.06)),
    )  # fmt: skip
    flash = capture.light.glare.hologram * 0.5 * bool(rng.random() < 0.5)
    glare = replace(capture.light.glare, kind="none", hologram=flash)
    lamp = Lamp((1.0, 1.0, 1.0), 0.0, 0.0, 40.0, 1.0)
    light = Light("neutral", (lamp,), Shade("none", 0.0, 0.1, 0.0, 0.0, 0.0, 1.0), glare, 0.0, capture.light.cells)
    optics = replace(capture.optics, defocus=0.0, motion=0.0, vignette=0.0)
    grey = copier or rng.random() < 0.15
    bright = rng.uniform(215, 270) if copier else rng.uniform(205, 252)
    streaks = rng.uniform(0, 4) * bool(rng.random() < 0.4)
    sensor = replace(
        capture.sensor,
        exposure=float(bright), metered=85.0, balance=0.0, rows=0.0, mosaic="none",
        noise=float(rng.uniform(0.3, 3.0)), cleaning="none", local_contrast=0.0,
        contrast=float(rng.uniform(0.2, 1.1) if copier else rng.normal(0.2, 0.15)),
        gamma=float(np.exp(rng.normal(0, 0.22 if copier else 0.1))),
        saturation=0.0 if grey else capture.sensor.saturation, streaks=float(streaks),
        toner=float(rng.uniform(0.15, 1.0)) if copier else 0.0,
    )  # fmt: skip
    return replace(capture, scene=scene, light=light, optics=optics, sensor=sensor)


@dataclass(frozen=True, slots=True)
class Shot:
    """A complete setup without the card: camera, stage and light. A shot treats every card alike."""

    view: View
    capture: Capture
    stage: SceneStage
    light: Falling
    sensor_seed: int


def set_up(
    rng: np.random.Generator, shape: tuple[int, ...], background: RgbImage, view: View, capture: Capture
) -> Shot:
    """The shot of a card of this shape (height, width, ...)."""
    light_seed, sensor_seed = (int(seed) for seed in rng.integers(0, 2**62, 2))
    stage = set_stage(shape, background, view, capture.scene)
    light = falling(view, capture.light, np.random.default_rng(light_seed))
    return Shot(view, capture, stage, on_bent(light, view, capture.light, stage.inside), sensor_seed)


def photograph(shot: Shot, image: Float32Array, gloss: Float32Array) -> Float32Array:
    """The photo from the camera's software before saving; float32 RGB of the view's size."""
    picture, shine = lay_out(image, None if shot.light.shine is None else gloss, shot.view, shot.stage)
    linear = lit(np.asarray(cv2.multiply(picture, picture, scale=1 / 255**2), np.float32), shine, shot.light)
    linear = through_lens(linear, shot.view, shot.capture.optics)
    return develop(linear, shot.view, shot.capture.sensor, np.random.default_rng(shot.sensor_seed))


def facts_of(parameters: object, prefix: str = "") -> Facts:
    """The parameters of a capture, view, screen or passing as a flat record for the manifest."""
    if isinstance(parameters, (bool, str)):
        return {prefix: parameters}
    if isinstance(parameters, (int, float)):
        return {prefix: round(float(parameters), 5)}
    if isinstance(parameters, tuple):
        parts = {str(number): part for number, part in enumerate(parameters)}
    else:
        parts = {name: getattr(parameters, name) for name in getattr(parameters, "__slots__", ())}
    facts: Facts = {}
    for name, part in parts.items():
        facts |= facts_of(part, f"{prefix}.{name}" if prefix else name)
    return facts
