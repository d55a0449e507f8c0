"""The scene without light: table, sheet, card with its edge and shadow, hands and other things."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.lab.synthesis import pixels
from img_super.lab.synthesis.capture.occluders import LaidOccluders, Occluder, draw_occluders, lay_occluders
from img_super.lab.synthesis.capture.surfaces import VARIANTS, reduced, surface
from img_super.lab.synthesis.capture.view import View, card_alpha, look_at
from img_super.lab.synthesis.geometry import corners_of, onto, scale_of, shifted, slid

FACE_MM: Final = 21.0
"""About how wide a face is on a document."""

_SURFACE_SHARES: Final = {
    "picture": 0.27, "newsprint": 0.13, "keyboard": 0.05, "wood": 0.17, "cloth": 0.1, "stone": 0.06, "foil": 0.03,
    "paper": 0.06, "plain": 0.1, "form": 0.03,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything around and over the card."""

    surface: str  # `picture` (the one that is given) or a texture's kind; `variant` its number
    variant: int
    # surface_scale, surface_deg, surface_x, surface_y: its placement
    surface_scale: float
    surface_deg: float
    surface_x: float
    surface_y: float
    surface_gains: tuple[float, float, float]  # colours, by channel
    surface_blur: float  # softness in face widths: the card is held above what is behind it
    standing: bool  # the picture behind is not in the card's plane
    sheet: str  # the card is shown on (or printed on) a sheet of paper: `none`, `under` or `printed`
    sheet_margins: tuple[float, float, float, float]  # left, top, right, bottom, in face widths
    sheet_tone: float  # grey value of the sheet
    round_share: float  # radius of the card's corners, relative to its shorter side
    # shadow, shadow_soft: depth 0 to 1, and softness in face widths of the card's own shadow
    shadow: float
    shadow_soft: float
    shadow_deg: float  # where it falls
    edge: float  # brightness of the card's rim, -1 to 1; 0: none
    occluders: tuple[Occluder, ...]  # what lies over the card


def draw_scene(rng: np.random.Generator) -> Scene:
    """What is around and over the card."""
    kinds, shares = list(_SURFACE_SHARES), list(_SURFACE_SHARES.values())
    gains = np.clip(rng.normal(1, 0.1, 3) * rng.uniform(0.65, 1.15), 0.35, 1.4)
    margins = np.abs(rng.normal(0, 3.0, 4))
    return Scene(
        surface=str(rng.choice(kinds, p=shares)),
        variant=int(rng.integers(VARIANTS)),
        surface_scale=float(np.exp(rng.normal(0, 0.3))),
        surface_deg=float(rng.choice([rng.normal(0, 6), rng.uniform(0, 360)])),
        surface_x=float(rng.uniform(0, 1)),
        surface_y=float(rng.uniform(0, 1)),
        surface_gains=(float(gains[0]), float(gains[1]), float(gains[2])),
        surface_blur=float(rng.choice([0.0, rng.uniform(0, 0.02), rng.uniform(0.02, 0.15)], p=[0.5, 0.3, 0.2])),
        standing=bool(rng.random() < 0.3),
        sheet=str(rng.choice(["none", "under", "printed"], p=[0.8, 0.1, 0.1])),
        sheet_margins=(float(margins[0]), float(margins[1]), float(margins[2]), float(margins[3])),
        sheet_tone=float(rng.uniform(205, 250)),
        round_share=float(rng.choice([0.0, rng.uniform(0.04, 0.07)], p=[0.45, 0.55])),
        shadow=float(rng.uniform(0, 0.6)) * bool(rng.random() < 0.8),
        shadow_soft=float(np.exp(rng.uniform(np.log(0.01), np.log(0.18)))),
        shadow_deg=float(rng.uniform(0, 360)),
        edge=float(np.clip(rng.normal(0, 0.35), -0.8, 0.8)) * bool(rng.random() < 0.6),
        occluders=draw_occluders(rng),
    )


@dataclass(frozen=True, slots=True)
class SceneStage:
    """Everything but the card, at the view's size, ready for any card."""

    inside: Float32Array | None  # where the card is visible, 0 to 1; None if it fills the photo
    # Table and sheet under the card's shadow, RGB 0 to 255; None if the card fills the photo.
    backdrop: Float32Array | None
    gloss: float  # of the table
    # rim, rim_tone: alpha and grey value of the card's cut edge; None if it has none
    rim: Float32Array | None
    rim_tone: float
    occluders: LaidOccluders | None  # what lies over the card


def set_stage(shape: tuple[int, ...], background: RgbImage, view: View, scene: Scene) -> SceneStage:
    """The stage for cards of this shape (height, width, ...)."""
    inside = card_alpha(shape, view, scene.round_share)
    occluders = lay_occluders(scene.occluders, view.wh, (view.face_x_px, view.face_y_px), view.face_width_px)
    gloss, tone = 0.7 if scene.surface == "foil" else 0.12, 255.0 if scene.edge > 0 else 25.0
    if cv2.minMaxLoc(inside)[0] >= 0.99:
        return SceneStage(None, None, gloss, None, tone, occluders)
    backdrop = pixels.modulate(_backdrop(shape, background, view, scene), _cast(inside, view, scene))
    return SceneStage(inside, backdrop, gloss, _rim(inside, view, scene), tone, occluders)


def lay_out(
    card: Float32Array, gloss: Float32Array | None, view: View, stage: SceneStage
) -> tuple[Float32Array, Float32Array | None]:
    """The scene without light, RGB 0 to 255, and its gloss, both of the view's size; no gloss if none is given."""
    picture = pixels.as_float(look_at(pixels.to_bytes(card), view))  # bytes take half the time
    shine = None if gloss is None else look_at(gloss, view)
    if stage.inside is not None and stage.backdrop is not None:
        if stage.rim is not None:
            picture = pixels.blend(picture, np.full(3, stage.rim_tone, np.float32), stage.rim)
        picture = pixels.blend(stage.backdrop, picture, stage.inside)
        if shine is not None:
            shine = np.asarray(stage.gloss + (shine - stage.gloss) * stage.inside, np.float32)
    if (occluders := stage.occluders) is not None:
        picture = pixels.blend(pixels.modulate(picture, occluders.shadow), occluders.colour, occluders.alpha)
        if shine is not None:
            shine = np.asarray(shine * (1 - 0.85 * occluders.alpha), np.float32)
    return picture, shine


def _backdrop(shape: tuple[int, ...], background: RgbImage, view: View, scene: Scene) -> Float32Array:
    table = _picture(background, view, scene) if scene.surface == "picture" else _texture(view, scene)
    table = pixels.scaled(table, scene.surface_gains)
    table = pixels.blur(table, scene.surface_blur * view.face_width_px)
    if scene.sheet == "none":
        return table
    face_px = view.face_width_px / scale_of(view.matrix)
    corners = corners_of((0, 0, shape[1], shape[0]))
    outwards = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    left, top, right, bottom = scene.sheet_margins
    reach = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32) * face_px
    sheet = pixels.polygon(view.wh[::-1], onto(view.matrix, corners + outwards * reach))
    table = pixels.modulate(table, _cast(sheet, view, scene))
    return pixels.blend(table, np.full(3, scene.sheet_tone, np.float32), sheet)


def _cast(inside: Float32Array, view: View, scene: Scene) -> Float32Array:
    if scene.shadow == 0 or scene.sheet == "printed":
        return np.ones_like(inside)
    away = np.radians(scene.shadow_deg)
    reach = 0.8 * scene.shadow_soft * view.face_width_px
    moved = slid(inside, np.cos(away) * reach, np.sin(away) * reach)
    soft = pixels.blur(moved, scene.shadow_soft * view.face_width_px * 0.6)
    return np.asarray(1 - np.float32(scene.shadow) * soft, np.float32)


def _rim(inside: Float32Array, view: View, scene: Scene) -> Float32Array | None:
    """The card's cut edge, about a third of a millimetre, brighter or darker than the table."""
    if scene.edge == 0 or scene.sheet == "printed":
        return None
    wide = max(1, round(view.face_width_px * 0.016))
    kernel = np.ones((2 * wide + 1, 2 * wide + 1), np.uint8)
    return np.asarray((inside - cv2.erode(inside, kernel)) * np.float32(abs(scene.edge)), np.float32)


def _texture(view: View, scene: Scene) -> Float32Array:
    px_a_mm = view.face_width_px / FACE_MM * scene.surface_scale
    kind, variant = scene.surface, scene.variant % VARIANTS
    size = float(np.clip(px_a_mm / surface(kind, variant).px_per_mm, 0.12, 4.0))
    halvings = max(0, round(-np.log2(size)))
    texture = reduced(kind, variant, halvings)
    size, side = size * 2**halvings, texture.image.shape[0]
    turn = np.radians(scene.surface_deg)
    pose = np.array(
        [[np.cos(turn) * size, -np.sin(turn) * size, 0], [np.sin(turn) * size, np.cos(turn) * size, 0], [0, 0, 1]]
    )
    start = shifted(-scene.surface_x * side, -scene.surface_y * side)
    plane = _perspective_only(view)
    matrix = shifted(view.face_x_px, view.face_y_px) @ plane @ pose @ start
    return pixels.as_float(_repeated(texture.image, np.asarray(matrix, np.float32), view.wh))


def _repeated(tile: RgbImage, matrix: Float32Array, wh: tuple[int, int]) -> RgbImage:
    """`wh` pixels of a tiled plane; the visible tiles are laid out first, because OpenCV's wrapping is slow."""
    side = tile.shape[0]
    corners = onto(np.asarray(np.linalg.inv(matrix), np.float32), corners_of((0, 0, *wh)))
    start, size = np.floor(corners.min(0)).astype(int) - 1, np.ptp(corners, axis=0).astype(int) + 4
    x, y = (int(value) for value in start % side)
    right, bottom = (max(0, int(value)) for value in start % side + size - side)
    plane = cv2.copyMakeBorder(tile, 0, bottom, 0, right, cv2.BORDER_WRAP)[y : y + size[1], x : x + size[0]]
    to_photo = matrix.astype(np.float64) @ shifted(float(start[0]), float(start[1]))
    return np.asarray(cv2.warpPerspective(plane, to_photo, wh, flags=cv2.INTER_LINEAR), np.uint8)


def _perspective_only(view: View) -> Float32Array:
    """The view's tilt about the portrait's centre, without its scale."""
    inverse = np.linalg.inv(view.matrix)
    face = onto(np.asarray(inverse, np.float32), np.array([[view.face_x_px, view.face_y_px]], np.float32))[0]
    scale = scale_of(view.matrix)
    centred = shifted(-view.face_x_px, -view.face_y_px) @ view.matrix @ shifted(float(face[0]), float(face[1]))
    plane = centred @ np.diag([1 / scale, 1 / scale, 1])
    return np.asarray(plane / plane[2, 2], np.float32)


def _picture(background: RgbImage, view: View, scene: Scene) -> Float32Array:
    """A window of the given picture, in the card's plane or standing behind it."""
    height, width = background.shape[:2]
    part = min(height, width) * float(np.clip(0.35 + 0.3 * scene.surface_scale, 0.3, 1.0))
    wide, high = (
        (part, part * view.wh[1] / view.wh[0]) if view.wh[0] >= view.wh[1] else (part * view.wh[0] / view.wh[1], part)
    )
    x, y = scene.surface_x * (width - wide), scene.surface_y * (height - high)
    window = background[int(y) : int(y + high), int(x) : int(x + wide)]
    flat = pixels.as_float(pixels.resize(np.ascontiguousarray(window), view.wh))
    if scene.standing:
        return flat
    matrix = (
        shifted(view.face_x_px, view.face_y_px) @ _perspective_only(view) @ shifted(-view.face_x_px, -view.face_y_px)
    )
    warped = cv2.warpPerspective(
        flat, matrix.astype(np.float64), view.wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, np.float32)
