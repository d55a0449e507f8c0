from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis.documents.blank import Blank
from img_super.lab.synthesis.documents.cards import make_card
from img_super.lab.synthesis.documents.design import family_names
from img_super.lab.synthesis.documents.drawing import draw_blank
from img_super.lab.synthesis.documents.overprints import DRAWERS
from img_super.lab.synthesis.geometry import overlap
from img_super.lab.synthesis.portraits.portrait import Portrait


def _blank(family: str, seed: int = 1, width: int = 110) -> Blank:
    return draw_blank(np.random.default_rng(seed), width, (family,))


@pytest.mark.parametrize("family", family_names())
def test_every_family_places_the_portrait_in_its_frame(family: str, person: Portrait) -> None:
    blank = _blank(family)
    assert blank.design == family
    assert blank.frame[2] - blank.frame[0] == 110
    assert overlap(blank.frame, (blank.image.shape[1], blank.image.shape[0])) == blank.frame
    card = make_card(np.random.default_rng(2), blank, person)
    assert card.image.shape == blank.image.shape
    assert card.image.dtype == np.float32
    assert 0 <= card.image.min() <= card.image.max() <= 255
    assert card.gloss.shape == card.image.shape[:2]
    assert 0 <= card.gloss.min() <= card.gloss.max() <= 1
    x_min, y_min, x_max, y_max = card.frame
    assert (card.landmarks >= (x_min, y_min)).all()
    assert (card.landmarks <= (x_max, y_max)).all()
    part = np.s_[y_min:y_max, x_min:x_max]
    assert np.abs(card.image[part] - blank.image[part]).mean() > 8


def test_cards_depend_on_the_seed(person: Portrait) -> None:
    first, again, other = _blank("andes_blue", 5), _blank("andes_blue", 5), _blank("andes_blue", 6)
    assert np.array_equal(first.image, again.image)
    assert first.facts == again.facts
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)
    cards = [make_card(np.random.default_rng(7), first, person) for _ in range(2)]
    assert np.array_equal(cards[0].image, cards[1].image)


def test_region_surrounds_the_portrait(person: Portrait) -> None:
    blank = _blank("cafetal_id")
    x_min, y_min, x_max, y_max = blank.frame
    region = (x_min - 30, y_min - 20, x_max + 10, y_max + 10)
    inside = overlap(region, (blank.image.shape[1], blank.image.shape[0]))
    card = make_card(np.random.default_rng(1), blank, person, region)
    assert card.image.shape[:2] == (inside[3] - inside[1], inside[2] - inside[0])
    assert card.frame[:2] == (x_min - inside[0], y_min - inside[1])
    assert all(over.alpha.shape == card.image.shape[:2] for over in card.overprints)


def test_every_overprint_covers_the_portrait() -> None:
    """Each kind must reach the frame in most draws, or it proves nothing about the portrait."""
    reached = dict.fromkeys(DRAWERS, 0)
    drawn = dict.fromkeys(DRAWERS, 0)
    for seed in range(24):
        blank = _blank("procedural" if seed % 2 else "old_laminated", seed, 70)
        x_min, y_min, x_max, y_max = blank.frame
        for over in blank.overprints:
            drawn[over.kind] += 1
            reached[over.kind] += int(over.alpha[y_min:y_max, x_min:x_max].max() > 10)
    assert all(reached[kind] >= 0.5 * drawn[kind] for kind in drawn), (reached, drawn)
    assert sum(drawn.values()) > 24


def test_ghost_shows_the_person(person: Portrait) -> None:
    blank = next(blank for seed in range(20) if (blank := _blank("andes_blue", seed)).ghost is not None)
    assert blank.ghost is not None
    x_min, y_min, x_max, y_max = blank.ghost
    card = make_card(np.random.default_rng(3), blank, person)
    far = card.image[y_min:y_max, x_min:x_max] - blank.image[y_min:y_max, x_min:x_max].astype(np.float32)
    assert far.std() > 4


def test_some_cards_are_grey(person: Portrait) -> None:
    blank = _blank("andes_blue", 1, 60)
    grey = [make_card(np.random.default_rng(seed), blank, person, blank.frame).grey for seed in range(60)]
    assert 4 <= sum(grey) <= 24
