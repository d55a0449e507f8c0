"""Draws an attack: stage, care, the donor's history, outline and place, blending, matching, paper."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from img_super.domain import Float32Array
from img_super.lab.dataset.manifest import Facts
from img_super.lab.synthesis import pixels, printing
from img_super.lab.synthesis.documents.blank import Card
from img_super.lab.synthesis.geometry import scale_of, shifted
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.portraits.tones import apply_tone, draw_tone
from img_super.lab.synthesis.superimpositions.attack import STAGES, Attack, Cut
from img_super.lab.synthesis.superimpositions.face_swap import face_swap
from img_super.lab.synthesis.superimpositions.heads import pasted_head, printed_head
from img_super.lab.synthesis.superimpositions.matching import draw_matching, is_monochrome
from img_super.lab.synthesis.superimpositions.own_picture import draw_own_picture
from img_super.lab.synthesis.superimpositions.paper import draw_paper
from img_super.lab.synthesis.superimpositions.photos import pasted_photo, printed_photo
from img_super.lab.synthesis.superimpositions.repainting import draw_repainting

Make = Callable[[np.random.Generator, Portrait, Card, float], Cut]

_MAKERS: Final[dict[str, Make]] = {
    "pasted_head": pasted_head, "pasted_photo": pasted_photo, "face_swap": face_swap,
    "printed_photo": printed_photo, "printed_head": printed_head,
}  # fmt: skip
_STAGE_SHARES: Final[dict[str, dict[str, float]]] = {
    "pasted_head": {"file": 0.4, "card": 0.1, "photo": 0.5},
    "pasted_photo": {"file": 0.45, "card": 0.1, "photo": 0.45},
    "face_swap": {"file": 0.4, "card": 0.1, "photo": 0.5},
    "printed_photo": {"card": 1.0},
    "printed_head": {"card": 1.0},
    "screen_edit": {"screen": 1.0},
}
"""Laid in the file before printing, in the photo, or on the card: as paper, of the first three a thin print."""

_OWN_SHARE: Final = 0.12
_TONE_KEPT: Final = 0.9
_MARGIN_PX: Final = 10
_DONOR_CONTRAST: Final = 0.95
"""Of a donor's picture, over that of a portrait that is laid into a document, which print takes its contrast from."""

_SIZES: Final = (0.75, 1.7)
"""How large a donor is when it is saved, in sizes on the card."""


def stages_of(species: str, stages: Collection[str] = STAGES) -> dict[str, float]:
    """The stages, out of these, that a species supports, with their shares; may be empty.

    Raises `KeyError` for an unknown species.
    """
    return {stage: share for stage, share in _STAGE_SHARES[species].items() if stage in stages}


def draw_attack(
    rng: np.random.Generator, species: str, donor: Portrait, card: Card, stages: Collection[str] = STAGES
) -> Attack:
    """Prepare another person's portrait for this card, at one of these stages.

    Raises `KeyError` for an unknown species and `ValueError` for one without any of these stages.
    """
    manner = species
    if species == "screen_edit":
        manner = str(rng.choice(["pasted_head", "pasted_photo", "face_swap"], p=[0.33, 0.25, 0.42]))
    stage, care = _stage(rng, stages_of(species, stages)), float(rng.uniform())
    grey = _shows_no_colour(card)
    donor = _reduced(rng, donor, card.face_width_px)
    cut = _MAKERS[manner](rng, donor, card, care)
    is_own = manner in ("pasted_head", "face_swap") and stage != "card" and rng.random() < _OWN_SHARE
    shows_donors = not is_own and manner != "face_swap"  # a swapped face keeps the original's size
    face_ratio = scale_of(cut.matrix) * donor.face_xywh[2] / card.face_width_px if shows_donors else 1.0
    cut = _cropped(cut)
    if not is_own:
        cut = replace(cut, picture=_with_history(rng, cut.picture, grey))
    blend = _blend(rng, manner, stage, care)
    repaints = manner in ("pasted_head", "printed_head") and not is_own and rng.random() < 0.08 + 0.4 * care
    paper = draw_paper(rng, care, card.face_width_px, len(cut.corners)) if stage == "card" else None
    if paper is not None and not species.startswith("printed"):
        paper = replace(paper, thickness_px=0.25 * paper.thickness_px, core=0.0, wrinkles=0.0, lifted=-1)
    matching = draw_matching(rng, care, stage)
    facts: Facts = {
        "manner": manner, "blend": blend, "self_blend": is_own, "repainted": repaints and stage != "card",
        "colour_match": matching.colour, "blur_match": matching.blur, "grain_match": matching.grain,
        "lines_again": matching.lines, "stamps_again": matching.stamps, **cut.facts,
    }  # fmt: skip
    return Attack(
        species=species,
        stage=stage,
        care=care,
        cut=cut,
        blend=blend,
        matching=matching,
        clip_box=card.frame,
        face_width_px=card.face_width_px,
        face_ratio=face_ratio,
        own=draw_own_picture(rng, grey) if is_own else None,
        repainting=draw_repainting(rng, care) if repaints and stage != "card" else None,
        paper=paper,
        facts=facts,
    )


def _reduced(rng: np.random.Generator, donor: Portrait, face_width_px: float) -> Portrait:
    """The donor at about its size on the card, like genuine portraits when saved."""
    face_px = face_width_px * float(rng.choice([1.0, np.exp(rng.uniform(*np.log(_SIZES)))]))
    scale = face_px / donor.face_xywh[2]
    if scale >= 1:
        return donor
    wh = max(16, round(donor.wh[0] * scale)), max(16, round(donor.wh[1] * scale))
    image, matte = (pixels.reduced(plane, wh) for plane in (donor.image, donor.matte))
    x, y, width, height = donor.face_xywh
    return replace(
        donor,
        image=image,
        matte=matte,
        landmarks=np.asarray((donor.landmarks + 0.5) * scale - 0.5, np.float32),
        outline=np.asarray((donor.outline + 0.5) * scale - 0.5, np.float32),
        face_xywh=(x * scale, y * scale, width * scale, height * scale),
    )


def _stage(rng: np.random.Generator, shares: dict[str, float]) -> str:
    if len(shares) == 1:
        return next(iter(shares))
    p = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=p / p.sum()))


def _blend(rng: np.random.Generator, manner: str, stage: str, care: float) -> str:
    """Faces are blended by gradients or bands about half the time, other things nearly always by alpha."""
    kinds = ["feather", "poisson", "poisson_mixed", "multiband"]
    if stage == "card" or manner == "pasted_photo":
        return "feather"
    if manner == "pasted_head":
        return str(rng.choice(kinds, p=[0.88, 0.04, 0.01, 0.07]))
    joined = 0.3 + 0.4 * care
    return str(rng.choice(kinds, p=[1 - joined, 0.57 * joined, 0.06 * joined, 0.37 * joined]))


def _shows_no_colour(card: Card) -> bool:
    low, high = np.maximum(card.outline.min(0), 0).astype(int), card.outline.max(0).astype(int) + 1
    face = np.ascontiguousarray(card.image[low[1] : high[1], low[0] : high[0]])
    inside = np.zeros(face.shape[:2], np.float32)
    cv2.fillConvexPoly(inside, np.round(card.outline - low).astype(np.int32), 1.0)
    return card.grey or is_monochrome(face, inside)


def _cropped(cut: Cut) -> Cut:
    """Crop the donor to the pixels that are used."""
    x, y, width, height = cv2.boundingRect((cut.alpha > 0.01).astype(np.uint8))
    left, top = max(0, x - _MARGIN_PX), max(0, y - _MARGIN_PX)
    part = np.s_[top : y + height + _MARGIN_PX, left : x + width + _MARGIN_PX]
    corners = cut.corners - np.array([left, top], np.float32)
    matrix = np.asarray(cut.matrix @ shifted(left, top), np.float32)
    picture, alpha = np.ascontiguousarray(cut.picture[part]), np.ascontiguousarray(cut.alpha[part])
    return replace(cut, picture=picture, alpha=alpha, matrix=matrix, corners=corners)


def _with_history(rng: np.random.Generator, picture: Float32Array, grey: bool) -> Float32Array:
    """The donor's file history, and its tone, mostly that of the card's portrait."""
    history = printing.draw_history(rng)
    history = replace(history, contrast=_DONOR_CONTRAST * history.contrast)
    picture = printing.live_through(picture, history, rng)
    keeps = rng.random() < _TONE_KEPT
    if grey == keeps:
        return pixels.grey(picture)
    return picture if keeps else apply_tone(picture, draw_tone(rng), rng)
