"""Pairs made during training: the attack is at its mask, and nothing else differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from img_super.domain import RgbImage
from img_super.lab.forging import eigenfaces, stream
from img_super.lab.forging.base import RENDERED, Base, opened, read_bases, write_bases
from img_super.lab.forging.canvas import Canvas, canvas_of
from img_super.lab.forging.chain import draw_chain, passed_on
from img_super.lab.forging.forge import MASK_SIDE_PX, SPECIES_SHARES, Pair, Stock, forged_pair
from img_super.lab.forging.laid import Laid
from img_super.lab.forging.pastes import crude_photo, matched_face, matched_photo
from img_super.lab.forging.real import likely_frame
from img_super.lab.forging.stream import Bases, by_document, pair_batches
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.sources import Sources

SIDE_PX = 96
Paste = Callable[[np.random.Generator, Canvas, Portrait], Laid]


@pytest.fixture(scope="module")
def stock(sources: Sources) -> Stock:
    people = [textured(person, seed) for seed, person in enumerate(sources.portraits)]
    return Stock(people, eigenfaces.fitted(people))


def textured(person: Portrait, seed: int) -> Portrait:
    """The person with a distinct skin and wall."""
    grain = np.random.default_rng(seed).normal(0, 30, person.image.shape)
    return replace(person, image=(person.image + grain).clip(0, 255).astype(np.uint8))


def base_of(person: Portrait) -> Base:
    return Base(f"card/{person.identity}", "real", person, likely_frame(person))


@pytest.mark.parametrize("species", SPECIES_SHARES)
def test_every_species_has_a_mask_and_is_seeded(species: str, stock: Stock) -> None:
    host, donor, _ = stock.donors
    pairs = [forged_pair(np.random.default_rng(5), base_of(host), donor, stock, SIDE_PX, species) for _ in range(2)]
    first, again = pairs
    assert first.species == species
    assert first.genuine.shape == first.attack.shape == (SIDE_PX, SIDE_PX, 3)
    assert first.mask.shape == (MASK_SIDE_PX, MASK_SIDE_PX)
    assert first.mask.max() > 100
    assert np.abs(first.genuine.astype(int) - first.attack).max() > 8
    np.testing.assert_array_equal(first.attack, again.attack)
    np.testing.assert_array_equal(first.genuine, again.genuine)


def enlarged(base: Base, times: int) -> Base:
    """The same photo from closer."""
    person = base.person
    image, matte = (plane.repeat(times, 0).repeat(times, 1) for plane in (person.image, person.matte))
    x, y, width, height = (times * value for value in person.face_xywh)
    nearer = replace(person, image=image, matte=matte, landmarks=times * person.landmarks,
                     outline=times * person.outline, face_xywh=(x, y, width, height))  # fmt: skip
    return replace(base, person=nearer, frame_quad=times * base.frame_quad)


@pytest.mark.parametrize("paste", [crude_photo, matched_photo, matched_face])
def test_every_paste_covers_the_middle_of_the_face(paste: Paste, stock: Stock) -> None:
    host, donor, _ = stock.donors
    x, y, width, height = host.face_xywh
    for seed in range(12):
        rng = np.random.default_rng(seed)
        laid = paste(rng, canvas_of(rng, base_of(host)), donor)
        assert laid.mask[round(y + height / 2), round(x + width / 2)] > 0.9, seed


def test_close_up_photo_is_reduced_with_its_points(stock: Stock) -> None:
    """To the usual size of photos, or its forgeries would be finer than any."""
    host, donor, _ = stock.donors
    pair = forged_pair(np.random.default_rng(1), enlarged(base_of(host), 3), donor, stock, SIDE_PX, "matched_face")
    middle = pair.mask[MASK_SIDE_PX // 3 : -MASK_SIDE_PX // 3, MASK_SIDE_PX // 3 : -MASK_SIDE_PX // 3]
    assert middle.mean() > 80


def test_pixels_outside_the_attack_are_processed_alike(stock: Stock) -> None:
    """Outside the mask, pairs with an unretouched genuine photo differ by compression only."""
    host, donor, _ = stock.donors
    quiet = []
    for seed in range(12):
        pair = forged_pair(np.random.default_rng(seed), base_of(host), donor, stock, SIDE_PX, "tool_swap")
        outside = np.kron(pair.mask, np.ones((2, 2)))[:SIDE_PX, :SIDE_PX] == 0
        difference = np.abs(pair.genuine.astype(int) - pair.attack).max(2)
        quiet.append(float(np.median(difference[outside])))
    assert np.median(quiet) <= 2


def test_bases_round_trip(sources: Sources, tmp_path: Path) -> None:
    written = [base_of(person) for person in sources.portraits]
    write_bases(tmp_path / "some.bases", written)
    for before, stored in zip(written, read_bases(tmp_path), strict=True):
        after = opened(stored)
        assert (after.document, after.source) == (before.document, before.source)
        assert np.abs(after.image.astype(int) - before.image).mean() < 2
        np.testing.assert_array_equal(after.person.matte, before.person.matte)
        np.testing.assert_allclose(after.frame_quad, before.frame_quad, atol=0.01)


def test_batches_are_seeded_and_genuine_crops_come_first(stock: Stock, tmp_path: Path) -> None:
    write_bases(tmp_path / "some.bases", [base_of(person) for person in stock.donors])
    stored = read_bases(tmp_path)
    bases = Bases(stored[:1], by_document(stored[1:]), 0.5)
    first, again = (next(pair_batches((1, 0), bases, stock, 2, (64, 96), 0.5)) for _ in range(2))
    assert len(first.crops) == 2 * len(first.masks) == 2 * len(first.species) == 4
    np.testing.assert_array_equal(first.crops, again.crops)


def test_chain_keeps_enough_pixels_and_returns_its_map() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[90:110, 60:80] = 255
    for seed in range(30):
        steps = draw_chain(np.random.default_rng(seed), 0.6)
        out, moved = passed_on(image, steps)
        assert min(out.shape[:2]) >= 0.55 * 200 - 16
        x, y, _ = moved @ np.array([70, 100, 1])
        assert out[round(y), round(x)].mean() > 128


def test_some_swapped_faces_are_redrawn(stock: Stock) -> None:
    def in_red(rng: np.random.Generator, face: RgbImage) -> RgbImage:
        del rng
        return np.full_like(face, (255, 0, 0))

    host, donor, _ = stock.donors
    painter = replace(stock, redraw=in_red)
    red = 0
    for seed in range(10):
        pair = forged_pair(np.random.default_rng(seed), base_of(host), donor, painter, SIDE_PX, "self_swap")
        colours = pair.attack.astype(int)
        red += bool(((colours[..., 0] - colours[..., 1] > 120) & (colours[..., 2] < 100)).mean() > 0.05)
    assert 2 <= red <= 8


def test_similar_base_comes_from_the_same_set(stock: Stock, tmp_path: Path) -> None:
    names = ("midv500/01", "midv500/02", "notes")
    written = [replace(base_of(person), document=name) for name, person in zip(names, stock.donors, strict=True)]
    write_bases(tmp_path / "some.bases", [*written, replace(written[0], source=RENDERED, document="rendered")])
    stored = read_bases(tmp_path)
    bases = Bases(stored[3:], by_document(stored[:3]), 0.5)
    rng = np.random.default_rng(1)
    assert {bases.like(rng, opened(stored[0])).document for _ in range(20)} == set(names[:2])
    assert bases.like(rng, opened(stored[3])).document == "rendered"


def test_portrait_with_variants_is_mostly_swapped_for_one(
    stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, variant, _ = stock.donors
    write_bases(tmp_path / "some.bases", [base_of(host)])
    bases = Bases(read_bases(tmp_path), {}, 0)
    donors: list[str] = []

    def noted(rng: np.random.Generator, base: Base, donor: Portrait, stock: Stock, side_px: int) -> Pair:
        donors.append(donor.identity)
        return forged_pair(rng, base, donor, stock, side_px, "crude_head")

    monkeypatch.setattr(stream, "forged_pair", noted)
    varied = replace(stock, donors=[host], variants={base_of(host).document: [variant]})
    next(pair_batches((1, 0), bases, varied, 20, (64,), 0))
    assert 9 <= donors.count(variant.identity) <= 19
