"""Renders a decided pair: the genuine photo and the attack, through the same card, camera and saves.

Pixel path: blank -> card -> (superimposition on the card) -> photo -> (superimposition in the photo) ->
screen -> passing on.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array, Label, RgbImage
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.capture.camera import Shot, facts_of, photograph, set_up
from img_super.lab.synthesis.capture.screen import show_on_screen
from img_super.lab.synthesis.capture.transmission import pass_on
from img_super.lab.synthesis.capture.view import View, draw_view, look_at
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.documents.cards import make_card
from img_super.lab.synthesis.geometry import corners_of, onto, warp
from img_super.lab.synthesis.pair import SamplePair
from img_super.lab.synthesis.superimpositions import Attack, draw_attack, on_card, on_photo

_WIDEST_CROP: Final = 4.2
"""Widths of either face; a wider photo would show where the drawn region of the card ends."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a card with its labels."""

    image: RgbImage  # RGB uint8, as decoded from the file
    data: bytes  # the file; `quality` is 100 for PNG
    format: str
    quality: int
    subsampled: bool
    mask: Float32Array  # float32 height x width, 0 to 1: where something was laid over
    frame_quad: Float32Array  # the portrait frame's corners in the photo, float32 [4, 2], from the upper left clockwise
    label: Label
    stage: str
    care: float
    card: Facts
    attack: Facts
    capture: Facts


@dataclass(frozen=True, slots=True)
class _Scene:
    """Shared by both photos of a pair; `facts` are those of camera, view and screen."""

    pair: SamplePair
    card: Card
    shot: Shot
    reprinted: bool
    on_screen: bool
    facts: Facts


def render_pair(pair: SamplePair, background: RgbImage) -> tuple[Photo, Photo]:
    """The genuine photo and the attack, deterministic for a pair."""
    card = make_card(np.random.default_rng(pair.seeds["card"]), pair.blank, pair.portrait, pair.region)
    rng = np.random.default_rng(pair.attack_seed)
    attack = draw_attack(rng, pair.species, pair.donor, card, pair.stages)
    view = _view(pair, card, attack.face_ratio)
    shot = set_up(np.random.default_rng(pair.seeds["photo"]), card.image.shape, background, view, pair.capture)
    scene = _Scene(
        pair, card, shot,
        pair.reprinted or attack.stage == "file", pair.on_screen or attack.stage == "screen",
        facts_of(pair.capture) | facts_of(view, "view") | facts_of(pair.screen, "screen"),
    )  # fmt: skip
    genuine = _photograph(scene, card.image, card.gloss)
    return _finish(scene, genuine, None, None), _forged(scene, attack, rng, genuine)


def photograph_genuine(pair: SamplePair, background: RgbImage) -> tuple[RgbImage, Float32Array]:
    """The pair's genuine photo as first saved by the phone, and its portrait frame's corners, float32 [4, 2]."""
    card = make_card(np.random.default_rng(pair.seeds["card"]), pair.blank, pair.portrait, pair.region)
    view = _view(pair, card, 1.0)
    shot = set_up(np.random.default_rng(pair.seeds["photo"]), card.image.shape, background, view, pair.capture)
    photo = _photograph(_Scene(pair, card, shot, pair.reprinted, pair.on_screen, {}), card.image, card.gloss)
    quad = onto(view.matrix, corners_of(card.frame))
    if pair.on_screen:
        photo, to_screen = show_on_screen(np.random.default_rng(pair.seeds["screen"]), photo, pair.screen)
        quad = onto(to_screen, quad)
    return pixels.to_bytes(photo), quad


def _view(pair: SamplePair, card: Card, face_ratio: float) -> View:
    """The photo's size refers to the genuine face or the attack's at random, so it does not reveal the class."""
    measured_ratio = face_ratio if pair.by_attack else 1.0
    sides = pair.sides * measured_ratio
    if pair.region is not None:
        sides = min(sides, _WIDEST_CROP * min(1.0, face_ratio))
    rng = np.random.default_rng(pair.seeds["view"])
    return draw_view(rng, card, pair.face_width_px / measured_ratio, sides, pair.capture.kind)


def _forged(scene: _Scene, attack: Attack, rng: np.random.Generator, genuine: Float32Array) -> Photo:
    """The edited photo is the genuine sample's."""
    if attack.stage in ("photo", "screen"):
        photo, mask = on_photo(rng, genuine, scene.card, attack, scene.shot.view.matrix)
    else:
        forgery = on_card(rng, scene.card, attack)
        photo = _photograph(scene, forgery.image, forgery.gloss)
        mask = look_at(forgery.mask, scene.shot.view, cv2.BORDER_CONSTANT)
    return _finish(scene, photo, mask, attack)


def _photograph(scene: _Scene, card: Float32Array, gloss: Float32Array) -> Float32Array:
    seeds, capture = scene.pair.seeds, scene.pair.capture
    if scene.reprinted:
        rng = np.random.default_rng(seeds["reprint"])
        card = printing.print_picture(card, printing.draw_print_process(rng), rng)
    photo = photograph(scene.shot, card, gloss)
    return pixels.save_and_read(photo, capture.first_quality, "jpeg", capture.first_subsampled)


def _finish(scene: _Scene, photo: Float32Array, mask: Float32Array | None, attack: Attack | None) -> Photo:
    quad = onto(scene.shot.view.matrix, corners_of(scene.card.frame))
    if scene.on_screen:
        rng = np.random.default_rng(scene.pair.seeds["screen"])
        photo, to_screen = show_on_screen(rng, photo, scene.pair.screen)
        mask = None if mask is None else warp(mask, to_screen, photo.shape[1::-1], cv2.BORDER_CONSTANT)
        quad = onto(to_screen, quad)
    rng = np.random.default_rng(scene.pair.seeds["passing"])
    passed = pass_on(photo, scene.pair.passing, rng)
    wh, quad = passed.image.shape[1::-1], onto(passed.matrix, quad)
    mask = np.zeros(wh[::-1], np.float32) if mask is None else warp(mask, passed.matrix, wh)
    return Photo(
        passed.image, passed.data, passed.format, passed.quality, passed.subsampled, mask, quad,
        Label.BONA_FIDE if attack is None else Label.ATTACK,
        "" if attack is None else attack.stage, 0.0 if attack is None else attack.care,
        {**scene.card.facts, "reprinted": scene.reprinted, "on_screen": scene.on_screen},
        {} if attack is None else attack.facts,
        scene.facts,
    )  # fmt: skip
