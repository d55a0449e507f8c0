"""A photo shown on a screen and photographed again: pixel grid, moire, gamma, banding, dirt and reflections."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.light import Glare, shine_of
from img_super.lab.synthesis.capture.optics import Optics, draw_optics, through_lens
from img_super.lab.synthesis.capture.sensor import Sensor, develop, draw_sensor
from img_super.lab.synthesis.capture.view import View
from img_super.lab.synthesis.geometry import shifted, warp

_LAYOUTS: Final = {"stripes": 0.6, "pentile": 0.2, "projected": 0.1, "dense": 0.1}


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen and the camera before it."""

    layout: str  # layout of the subpixels: `stripes` (LCD), `pentile` (OLED), `projected`, `dense` (too fine to see)
    pitch: float  # screen pixels per pixel of the photo; above one half the grid beats with the sensor's: moire
    grid: float  # depth of the pixel grid before the lens softens it, 0 to 1
    # turn_deg, lean_x, lean_y: the camera's orientation
    turn_deg: float
    lean_x: float
    lean_y: float
    scale: float  # the new photo's size relative to the old one's
    bow: float  # curvature of the grid (the lens's distortion), which bends the moire
    # gamma, black, gains: of the screen
    gamma: float
    black: float
    gains: tuple[float, float, float]
    bands: float  # depth of the dark refresh bands; `bands_count` of them over the photo; `bands_phase`
    bands_count: float
    bands_phase: float
    levels: int  # brightness steps of the panel
    glare: Glare  # reflections in the glass
    optics: Optics
    sensor: Sensor


def draw_screen(rng: np.random.Generator) -> Screen:
    """A screen and the camera before it."""
    kind = str(rng.choice(["phone", "old_phone", "webcam"], p=[0.65, 0.25, 0.1]))
    coarse, heavy = rng.random() < 0.05, rng.random() < 0.05
    lean, tint = rng.normal(0, 0.03, 2), np.exp(rng.normal(0, 0.06, 3) + np.array([-0.03, 0, 0.05]))
    return Screen(
        layout=str(rng.choice(list(_LAYOUTS), p=list(_LAYOUTS.values()))),
        pitch=float(np.exp(rng.uniform(*(np.log(0.22), np.log(0.45)) if coarse else (np.log(0.45), np.log(2.2))))),
        grid=float(rng.uniform(0.4, 0.85) if heavy else rng.uniform(0.06, 0.42)),
        turn_deg=float(rng.normal(0, 2.5)),
        lean_x=float(lean[0]),
        lean_y=float(lean[1]),
        scale=float(rng.uniform(0.85, 1.15)),
        bow=float(rng.normal(0, 0.012)),
        gamma=float(np.exp(rng.normal(0, 0.14))),
        black=float(rng.uniform(0, 0.03)),
        gains=(float(tint[0]), float(tint[1]), float(tint[2])),
        bands=float(rng.uniform(0.03, 0.3)) * bool(rng.random() < 0.25),
        bands_count=float(rng.uniform(0.4, 4)),
        bands_phase=float(rng.uniform(0, 6.28)),
        levels=int(rng.choice([256, 64, 48], p=[0.8, 0.12, 0.08])),
        glare=_draw_glass(rng),
        optics=draw_optics(rng, 0.8),
        sensor=draw_sensor(rng, kind),
    )


def _draw_glass(rng: np.random.Generator) -> Glare:
    kind = str(rng.choice(["none", "window", "tube", "broad", "lamp"], p=[0.5, 0.14, 0.08, 0.2, 0.08]))
    x, y = rng.normal(0, 1.1, 2)
    return Glare(
        kind, float(rng.uniform(0.05, 0.6)), float(x), float(y), float(rng.uniform(0, 360)),
        float(rng.uniform(0.2, 1.2)), float(rng.uniform(0.05, 0.5)), 0.0, 1.0, 0.0,
    )  # fmt: skip


def show_on_screen(rng: np.random.Generator, photo: Float32Array, screen: Screen) -> tuple[Float32Array, Float32Array]:
    """The photo of a screen that shows `photo`, before saving, and the map [3, 3] from old to new pixels."""
    height, width = photo.shape[:2]
    wh = (max(32, round(width * screen.scale)), max(32, round(height * screen.scale)))
    matrix = _before(screen, (width, height), wh)
    panel = pixels.curve(photo, _panel(screen))
    frame = warp(panel, matrix, wh)
    view = View(tuple(float(v) for v in matrix.ravel()), wh, wh[0] / 3.1, wh[0] / 2, wh[1] / 2, 0.0, 0.0, 0.0)
    light = cv2.multiply(pixels.scaled(frame, screen.gains), frame, scale=1 / 255**2)
    light = cv2.multiply(light + np.float32(screen.black), _grid_light(screen, wh))
    if screen.bands:
        rows = 1 - screen.bands * (
            0.5 + 0.5 * np.sin(np.linspace(0, 6.28 * screen.bands_count, wh[1]) + screen.bands_phase)
        )
        light = pixels.modulate(np.asarray(light, np.float32), np.repeat(rows.astype(np.float32)[:, None], wh[0], 1))
    shine = shine_of(view, screen.glare)
    if shine is not None:
        light = cv2.add(light, 0.5 * cv2.resize(shine, wh))
    light = through_lens(np.asarray(light, np.float32), view, screen.optics)
    return develop(light, view, screen.sensor, rng), np.asarray(matrix, np.float32)


def _before(screen: Screen, old_wh: tuple[int, int], wh: tuple[int, int]) -> Float32Array:
    """The map of a camera that faces the screen slightly askew."""
    turn = np.radians(screen.turn_deg)
    zoom = wh[0] / old_wh[0]
    turned = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]) @ np.diag(
        [zoom, zoom, 1]
    )
    turned[2, :2] = np.array([screen.lean_x, screen.lean_y]) / wh[0]
    matrix = shifted(wh[0] / 2, wh[1] / 2) @ turned @ shifted(-old_wh[0] / 2, -old_wh[1] / 2)
    return np.asarray(matrix / matrix[2, 2], np.float32)


def _panel(screen: Screen) -> Float32Array:
    steps = np.round(np.arange(256) / 255 * (screen.levels - 1)) / (screen.levels - 1)
    return np.asarray(255 * steps**screen.gamma, np.float32)


def _grid_light(screen: Screen, wh: tuple[int, int]) -> Float32Array:
    """Each colour's light at every sensor pixel, 1 on average.

    The panel's pattern is one wave per channel; sampled at the sensor's pixels it beats like real moire. A sensor
    pixel averages over its area, which weakens finer detail (a sinc, here its main lobe and a remainder).
    """
    x = (np.arange(wh[0], dtype=np.float32)[None] - wh[0] / 2) + np.zeros((wh[1], 1), np.float32)
    y = (np.arange(wh[1], dtype=np.float32)[:, None] - wh[1] / 2) + np.zeros((1, wh[0]), np.float32)
    turn = np.radians(screen.turn_deg)
    squared = (x**2 + y**2) / np.float32(wh[0] ** 2)
    bowed = np.float32(screen.pitch) * (1 + np.float32(screen.bow) * squared + np.float32(screen.lean_x / wh[0]) * x)
    u = (x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))) * bowed
    v = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) * bowed
    depth = screen.grid * max(abs(float(np.sinc(screen.pitch * 0.8))), 0.07)
    if screen.layout == "dense":
        depth *= 0.15
    across, phases = _LAYOUT_WAVES[screen.layout]
    rows = np.asarray(np.cos(v * np.float32(2 * np.pi)), np.float32) * np.float32(0.45 * depth)
    waves = []
    for phase in phases:
        wave = np.cos((u + across * v) * np.float32(2 * np.pi) + np.float32(phase))
        waves.append(np.asarray(1 + np.float32(depth) * wave + rows, np.float32))
    return np.asarray(cv2.merge(waves), np.float32)


_LAYOUT_WAVES: Final = {
    "stripes": (0.0, (0.0, 2.09, 4.19)), "dense": (0.0, (0.0, 2.09, 4.19)),
    "pentile": (0.5, (0.0, 3.14, 0.0)), "projected": (0.0, (0.0, 0.0, 0.0)),
}  # fmt: skip
