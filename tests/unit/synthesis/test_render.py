from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import img_super
from img_super.domain import Label
from img_super.synthesis import render
from img_super.synthesis.portraits import FaceFinder, read_rgb
from img_super.synthesis.render import Photo, crop_sample, render_pair
from img_super.synthesis.sources import Sources

SAMPLE = Path(img_super.__file__).parent / "samples" / "bona_fide.jpg"


@pytest.fixture(scope="module")
def pairs(sources: Sources) -> list[list[Photo]]:
    return [render_pair(5, index, sources, face_width_px=60.0) for index in range(12)]


def test_the_same_seed_gives_the_same_pixels(sources: Sources, pairs: list[list[Photo]]) -> None:
    again = render_pair(5, 3, sources, face_width_px=60.0)
    assert all(np.array_equal(one.image, other.image) for one, other in zip(again, pairs[3], strict=True))


def test_another_number_gives_other_pixels(pairs: list[list[Photo]]) -> None:
    assert pairs[0][0].image.shape != pairs[1][0].image.shape or not np.array_equal(
        pairs[0][0].image, pairs[1][0].image
    )


def test_a_pair_is_a_genuine_card_and_an_attack_on_it(pairs: list[list[Photo]]) -> None:
    for genuine, attack in pairs:
        assert (genuine.label, attack.label) == (Label.BONA_FIDE, Label.ATTACK)
        assert (genuine.document, genuine.portrait) == (attack.document, attack.portrait)
        assert attack.donor != attack.portrait
        assert (genuine.donor, genuine.species) == ("", "")


def test_the_mask_shows_what_was_laid_over(pairs: list[list[Photo]]) -> None:
    for genuine, attack in pairs:
        assert genuine.image.shape == attack.image.shape
        assert genuine.mask.shape == genuine.image.shape[:2]
        assert not genuine.mask.any()
        assert 0.02 < attack.mask.mean() < 0.75


def test_far_from_the_mask_a_pair_shares_its_pixels(pairs: list[list[Photo]]) -> None:
    """The classes share design, light and camera: apart from the attack nothing may tell them apart."""
    for genuine, attack in pairs:
        corner = np.s_[:12, :12]
        if attack.mask[:40, :40].any():
            continue
        difference = genuine.image[corner].astype(int) - attack.image[corner].astype(int)
        assert np.abs(difference).mean() < 6


def test_every_stage_and_species_occurs(sources: Sources) -> None:
    attacks = [render_pair(8, index, sources, face_width_px=45.0)[1] for index in range(24)]
    assert {attack.species for attack in attacks} == {"pasted_head", "pasted_photo", "face_swap"}
    assert {attack.stage for attack in attacks} == {"photo", "card", "reprint"}


def test_a_crop_is_cut_where_the_detector_sees_the_face() -> None:
    image = read_rgb(SAMPLE)[160:540, 280:660]
    photo = Photo(image, np.ones(image.shape[:2], np.float32), Label.ATTACK, "face_swap", "photo", "d", "a", "b", {})
    sample = crop_sample(photo, FaceFinder(), 64)
    assert sample is not None
    assert sample.crop.shape == (64, 64, 3)
    assert sample.mask.shape == (render.MASK_SIDE_PX, render.MASK_SIDE_PX)
    assert sample.mask.min() == 255


def test_without_a_face_there_is_no_crop() -> None:
    empty = Photo(
        np.zeros((90, 90, 3), np.uint8), np.zeros((90, 90), np.float32), Label.BONA_FIDE, "", "", "d", "a", "", {}
    )
    assert crop_sample(empty, FaceFinder(), 64) is None
