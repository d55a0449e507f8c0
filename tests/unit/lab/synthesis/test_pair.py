from __future__ import annotations

import numpy as np
import pytest

from img_super.domain import Label
from img_super.lab.synthesis.documents.blank import Blank
from img_super.lab.synthesis.pair import Options, SamplePair, draw_group_blank, draw_pair, region_around
from img_super.lab.synthesis.render import Photo, render_pair
from img_super.lab.synthesis.sources import Sources
from img_super.lab.synthesis.superimpositions import SPECIES


@pytest.fixture(scope="module")
def blank(sources: Sources) -> tuple[Blank, float]:
    return draw_group_blank(3, 0, 0, sources)


def drawn(sources: Sources, blank: tuple[Blank, float], index: int, options: Options | None = None) -> SamplePair:
    return draw_pair((3, 0, index), sources, options or Options(), *blank)


def photos(sources: Sources, pair: SamplePair) -> tuple[Photo, Photo]:
    return render_pair(pair, sources.backgrounds[0])


def test_same_position_gives_the_same_files(sources: Sources, blank: tuple[Blank, float]) -> None:
    one, again, other = (photos(sources, drawn(sources, blank, index)) for index in (2, 2, 3))
    assert [photo.data for photo in one] == [photo.data for photo in again]
    assert one[0].data != other[0].data


def test_donor_and_portrait_are_different_people(sources: Sources, blank: tuple[Blank, float]) -> None:
    pairs = [drawn(sources, blank, index) for index in range(40)]
    assert all(pair.donor.identity != pair.portrait.identity for pair in pairs)
    assert {pair.species for pair in pairs} == set(SPECIES)


def test_only_requested_species_are_drawn(sources: Sources, blank: tuple[Blank, float]) -> None:
    pairs = [drawn(sources, blank, index, Options(("face_swap",))) for index in range(8)]
    assert {pair.species for pair in pairs} == {"face_swap"}


def test_species_without_a_requested_stage_is_skipped(sources: Sources, blank: tuple[Blank, float]) -> None:
    options = Options(stages=("photo", "screen"))
    assert options.possible == ["pasted_head", "pasted_photo", "face_swap", "screen_edit"]
    pairs = [drawn(sources, blank, index, options) for index in range(12)]
    assert {photos(sources, pair)[1].stage for pair in pairs[:4]} <= {"photo", "screen"}
    assert {pair.species for pair in pairs} <= set(options.possible)


@pytest.mark.parametrize("species", SPECIES)
def test_pair_is_a_genuine_photo_and_an_attack_with_its_mask(
    sources: Sources, blank: tuple[Blank, float], species: str
) -> None:
    genuine, attack = photos(sources, drawn(sources, blank, 1, Options((species,))))
    assert (genuine.label, attack.label) == (Label.BONA_FIDE, Label.ATTACK)
    assert genuine.image.shape == attack.image.shape
    assert not genuine.mask.any()
    assert attack.mask.shape == attack.image.shape[:2]
    assert 0.005 < attack.mask.mean() < 0.9
    assert np.allclose(genuine.frame_quad, attack.frame_quad)


def test_region_contains_the_frame_and_stays_on_the_blank(blank: tuple[Blank, float]) -> None:
    x_min, y_min, x_max, y_max = region_around(blank[0], 3.1 * blank[1])
    frame, (height, width) = blank[0].frame, blank[0].image.shape[:2]
    assert 0 <= x_min <= frame[0] < frame[2] <= x_max <= width
    assert 0 <= y_min <= frame[1] < frame[3] <= y_max <= height


def test_whole_photo_shows_more_of_the_card(sources: Sources, blank: tuple[Blank, float]) -> None:
    whole, crop = (drawn(sources, blank, 1, Options(whole_card=flag)) for flag in (True, False))
    assert whole.region is None
    assert whole.sides > 2 * crop.sides
