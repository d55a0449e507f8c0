"""From a seed and a number to a genuine sample and its attack: same card, same camera, same saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from img_super.domain import Box, Label, RgbImage
from img_super.pipeline.crop import crop_portrait, resize_to_input
from img_super.synthesis import capture, pixels, printing, superimpositions
from img_super.synthesis.cards import PrintedCard, make_card
from img_super.synthesis.designs import docxpand, procedural
from img_super.synthesis.layers import warp
from img_super.synthesis.portraits import FaceFinder, Portrait
from img_super.synthesis.sources import Sources

FloatArray = npt.NDArray[np.float32]

FACE_WIDTHS_PX: Final = (45.0, 240.0)
MASK_SIDE_PX: Final = 56
SPECIES_SHARES: Final = (0.3, 0.3, 0.4)
_CARD_FACE_PX: Final = (70.0, 180.0)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a card with the truth about it. The mask (height x width, 0 to 1) shows what was laid over."""

    image: RgbImage
    mask: FloatArray
    label: Label
    species: str
    stage: str
    document: str
    portrait: str
    donor: str
    facts: dict[str, str | float | bool]


@dataclass(frozen=True, slots=True)
class Sample:
    """The crop that the network sees, and its photo's truth. Crop uint8 [side, side, 3], mask uint8 [56, 56]."""

    crop: RgbImage
    mask: npt.NDArray[np.uint8]
    face: Box
    photo: Photo


def render_pair(
    seed: int, index: int, sources: Sources, face_width_px: float | None = None, sides: float = 3.1
) -> list[Photo]:
    """A genuine photo and its attack. The same arguments give the same pixels."""
    card_rng, attack_rng, view_rng = (
        np.random.default_rng(child) for child in np.random.SeedSequence([seed, index]).spawn(3)
    )
    host, guest = view_rng.choice(len(sources.portraits), 2, replace=False)
    if face_width_px is None:
        face_width_px = float(np.exp(view_rng.uniform(*np.log(FACE_WIDTHS_PX))))
    card = _draw_card(card_rng, sources, sources.portraits[host], face_width_px)
    view = capture.draw_view(view_rng, card, face_width_px, sides)
    background = sources.backgrounds[view_rng.integers(len(sources.backgrounds))].astype(np.float32)
    reprint = bool(view_rng.random() < 0.25)
    seeds = [int(value) for value in view_rng.integers(0, 2**31, 4)]
    document = f"{seed}-{index}"
    shot = _Shot(view, background, reprint, seeds, document, sources.portraits[host].identity)
    return [_genuine(card, shot), _attack(attack_rng, card, shot, sources.portraits[guest])]


@dataclass(frozen=True, slots=True)
class _Shot:
    view: capture.View
    background: FloatArray
    reprint: bool
    seeds: list[int]
    document: str
    portrait: str


def _draw_card(rng: np.random.Generator, sources: Sources, portrait: Portrait, face_width_px: float) -> PrintedCard:
    face_on_card = float(np.clip(face_width_px * rng.uniform(0.9, 1.4), *_CARD_FACE_PX))
    frame_width = round(face_on_card / rng.uniform(0.52, 0.66))
    if sources.designs:
        design = docxpand(rng, sources.designs_folder, str(rng.choice(sources.designs)), frame_width)
    else:
        design = procedural(rng, frame_width)
    return make_card(rng, design, portrait)


def _reprinted(card: FloatArray, shot: _Shot) -> FloatArray:
    if not shot.reprint:
        return card
    rng = np.random.default_rng(shot.seeds[0])
    return printing.print_picture(card, printing.draw_print_process(rng), rng)


def _genuine(card: PrintedCard, shot: _Shot) -> Photo:
    photo = _photograph(_reprinted(card.image, shot), shot)
    image, mask = _finish(photo, np.zeros(photo.shape[:2], np.float32), shot)
    return Photo(image, mask, Label.BONA_FIDE, "", "", shot.document, shot.portrait, "", card.facts)


def _attack(rng: np.random.Generator, card: PrintedCard, shot: _Shot, portrait: Portrait) -> Photo:
    species = str(rng.choice(superimpositions.SPECIES, p=SPECIES_SHARES))
    stage = "photo" if rng.random() < 0.5 else ("reprint" if shot.reprint else "card")
    donor = superimpositions.draw_donor(rng, species, portrait, card)
    if stage == "photo":
        photo = _photograph(_reprinted(card.image, shot), shot)
        photo, mask = superimpositions.on_photo(rng, photo, card, donor, shot.view.matrix)
    else:
        forged, alpha = superimpositions.on_card(rng, card, donor)
        photo = _photograph(_reprinted(forged, shot), shot)
        mask = warp(alpha, shot.view.matrix, shot.view.wh, cv2.BORDER_CONSTANT)
    image, mask = _finish(photo, mask, shot)
    return Photo(image, mask, Label.ATTACK, species, stage, shot.document, shot.portrait, portrait.identity, card.facts)


def _photograph(card: FloatArray, shot: _Shot) -> FloatArray:
    photo = capture.photograph(np.random.default_rng(shot.seeds[1]), card, shot.background, shot.view)
    return capture.save(np.random.default_rng(shot.seeds[2]), photo, again=False)


def _finish(photo: FloatArray, mask: FloatArray, shot: _Shot) -> tuple[RgbImage, FloatArray]:
    photo, mask = capture.pass_on(np.random.default_rng(shot.seeds[3]), photo, mask)
    return pixels.to_bytes(photo), mask


def crop_sample(photo: Photo, finder: FaceFinder, side_px: int) -> Sample | None:
    """Find the face in the photo and cut it out as serving does; None when it is not found near the middle."""
    face = _find(photo.image, finder)
    if face is None:
        return None
    crop = resize_to_input(crop_portrait(photo.image, face, 0), side_px)
    mask_rgb = np.repeat(np.round(photo.mask * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    mask = resize_to_input(crop_portrait(mask_rgb, face, 0), MASK_SIDE_PX)[:, :, 0]
    return Sample(crop, mask, face, photo)


def _find(image: RgbImage, finder: FaceFinder) -> Box | None:
    """The largest face near the middle. The photo is shrunk as the detector would, with the card filling it."""
    height, width = image.shape[:2]
    scale = min(1.0, 260 / max(height, width))
    small = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    boxes = [Box.from_xywh(*(float(value) / scale for value in row[:4])) for row in finder.find(small)]
    near = [box for box in boxes if box.contains(width / 2, height / 2) and box.width > 0.12 * width]
    return max(near, key=lambda box: box.area).clipped((width, height)) if near else None
