"""Every species on a card and in a photo: only pixels under the mask change."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from img_super.domain import Float32Array
from img_super.lab.synthesis.superimpositions import SPECIES, STAGES, Attack, draw_attack, on_card, on_photo, stages_of
from tests.unit.lab.synthesis.superimpositions.cards import DONOR, card, colourfulness

TO_PHOTO = np.array([[0.8, 0.05, 12], [-0.04, 0.8, 20], [0, 0, 1]], np.float32)


def _attacks(species: str, count: int, grey: bool = False) -> list[tuple[np.random.Generator, Attack]]:
    out = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        out.append((rng, draw_attack(rng, species, DONOR, card(grey))))
    return out


def _laid(
    rng: np.random.Generator, attack: Attack, grey: bool = False
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Before, after, and the mask."""
    if attack.stage in ("photo", "screen"):
        photo = card(grey).image[:230, :220]
        image, mask = on_photo(rng, photo, card(grey), attack, TO_PHOTO)
        return photo, image, mask
    forgery = on_card(rng, card(grey), attack)
    return card(grey).image, forgery.image, forgery.mask


@pytest.mark.parametrize("species", SPECIES)
def test_changes_only_pixels_under_the_mask_and_its_shadow(species: str) -> None:
    for rng, attack in _attacks(species, 5):
        before, after, mask = _laid(rng, attack)
        difference = np.abs(after - before).mean(axis=2)
        assert after.shape == before.shape
        assert after.dtype == mask.dtype == np.float32
        assert after.min() >= 0
        assert after.max() <= 255
        assert 0.004 < float((mask > 0.5).mean()) < 0.95
        assert difference[mask > 0.5].mean() > 1.0
        near = mask > 0.001
        far = ~_grown(near, 14 if attack.stage == "card" else 9)
        assert difference[far].max(initial=0) < 0.01


def _grown(where: npt.NDArray[np.bool_], steps: int) -> npt.NDArray[np.bool_]:
    kernel = np.ones((2 * steps + 1, 2 * steps + 1), np.uint8)
    return np.asarray(cv2.dilate(where.astype(np.uint8), kernel), np.uint8) > 0


@pytest.mark.parametrize("species", SPECIES)
def test_is_seeded(species: str) -> None:
    first, second = (_laid(*pair)[1:] for pair in (_attacks(species, 1)[0], _attacks(species, 1)[0]))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


@pytest.mark.parametrize("species", SPECIES)
def test_does_not_modify_the_card(species: str) -> None:
    before = card().image.copy(), card().gloss.copy()
    for rng, attack in _attacks(species, 3):
        _laid(rng, attack)
    assert np.array_equal(before[0], card().image)
    assert np.array_equal(before[1], card().gloss)


def test_stages_match_the_species() -> None:
    stages = {species: {attack.stage for _, attack in _attacks(species, 14)} for species in SPECIES}
    assert stages["screen_edit"] == {"screen"}
    assert stages["printed_photo"] == stages["printed_head"] == {"card"}
    for species in ("pasted_head", "pasted_photo", "face_swap"):
        assert {"file", "photo"} <= stages[species] <= set(STAGES)


def test_only_paper_changes_the_gloss() -> None:
    changed = {True: 0, False: 0}
    for species in ("printed_photo", "pasted_photo"):
        for rng, attack in _attacks(species, 12):
            if attack.stage in ("photo", "screen"):
                continue
            forgery = on_card(rng, card(), attack)
            changed[attack.paper is not None] += int(not np.array_equal(forgery.gloss, card().gloss))
    assert changed[True] > 3
    assert changed[False] == 0


def test_donors_on_grey_cards_are_mostly_grey() -> None:
    colourless = 0
    pairs = [pair for species in ("pasted_photo", "face_swap", "pasted_head") for pair in _attacks(species, 12, True)]
    for rng, attack in pairs:
        _, after, mask = _laid(rng, attack, grey=True)
        colourless += int(colourfulness(after[mask > 0.5][None]) < 6)
    assert colourless >= 0.85 * len(pairs)


def test_self_blends_are_rare_and_subtle() -> None:
    pairs = _attacks("face_swap", 60)
    own = [(rng, attack) for rng, attack in pairs if attack.own is not None]
    assert 2 <= len(own) <= 18
    assert all(attack.facts["self_blend"] for _, attack in own)
    for rng, attack in own[:6]:
        before, after, mask = _laid(rng, attack)
        assert np.abs(after - before)[mask > 0.5].mean() < 45


def test_careful_forgers_hide_better() -> None:
    """The mean colour of their overlay is closer to the original."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    for rng, drawn in _attacks("face_swap", 60):
        if drawn.own is None and (drawn.care > 0.75 or drawn.care < 0.25):
            attack = replace(drawn, matching=replace(drawn.matching, lines=0.0))
            before, after, mask = _laid(rng, attack)
            gaps[attack.care > 0.75].append(float(np.abs((after - before)[mask > 0.5].mean(axis=0)).mean()))
    assert np.median(gaps[True]) < 0.7 * np.median(gaps[False])


def test_facts_are_flat() -> None:
    for species in SPECIES:
        for _, attack in _attacks(species, 4):
            assert all(isinstance(value, (str, float, bool)) for value in attack.facts.values())
            assert 0 <= attack.care <= 1


def test_uses_one_of_the_requested_stages() -> None:
    drawn = [
        draw_attack(np.random.default_rng(seed), "face_swap", DONOR, card(), ("card", "photo")) for seed in range(30)
    ]
    assert {attack.stage for attack in drawn} == {"card", "photo"}
    assert stages_of("printed_head", ("photo",)) == {}
    assert all(sum(stages_of(species).values()) == pytest.approx(1) for species in SPECIES)


def test_refuses_an_unknown_species() -> None:
    with pytest.raises(KeyError):
        draw_attack(np.random.default_rng(0), "mask", DONOR, card())
