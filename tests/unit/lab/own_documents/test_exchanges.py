from __future__ import annotations

import cv2
import numpy as np
import pytest

from img_super.domain import UInt8Array
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.manifest import SampleRow
from img_super.lab.own_documents.exchanges import exchange, exchanges, in_its_colours

SIDE = 96


def portrait(number: int) -> UInt8Array:
    """A grained crop, whose mean tells the document: 40 in the first, 10 more in each next one."""
    grain = np.random.default_rng(number).integers(-12, 13, (SIDE, SIDE, 3))
    return np.asarray((40 + 10 * number + grain).clip(0, 255), np.uint8)


def own(documents: int = 12, attacks: int = 0) -> CropSet:
    """Two genuine photos of each document, then attacks on the first ones, which are black."""
    crops = [portrait(number // 2) for number in range(2 * documents)]
    crops += [np.zeros((SIDE, SIDE, 3), np.uint8)] * attacks
    rows = [SampleRow("own", number, 0, "", f"d{number // 2}") for number in range(2 * documents)]
    rows += [SampleRow("own", 2 * documents + number, 1, "own", f"d{number}") for number in range(attacks)]
    return CropSet(np.stack(crops), np.zeros((len(rows), 8, 8), np.uint8), tuple(rows))


def parts_of(crops: CropSet, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(document[1:]) % count for document in crops.documents], np.int64)


def couples_of(crops: CropSet, parts: np.ndarray[tuple[int], np.dtype[np.int64]], times: int) -> list[tuple[int, int]]:
    """Host and donor of each pair, as passed to `exchange`."""
    given: list[tuple[int, int]] = []

    def noted(host: UInt8Array, donor: UInt8Array, rng: np.random.Generator) -> object:
        given.append((int(host.mean() - 35) // 10, int(donor.mean() - 35) // 10))
        return exchange(host, donor, rng)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("img_super.lab.own_documents.exchanges.exchange", noted)
        exchanges(crops, parts, times, 1, 8)
    return given


def test_donor_is_another_genuine_document_of_the_same_part() -> None:
    crops = own(attacks=6)
    given = couples_of(crops, parts_of(crops, 3), 3)
    assert len(given) == 3 * 24
    assert all(host != donor for host, donor in given)
    assert all(host % 3 == donor % 3 for host, donor in given)
    assert min(min(couple) for couple in given) >= 0  # an attack would be black


def test_only_document_of_a_part_hosts_nothing() -> None:
    crops = own(3)
    parts = np.array([0, 0, 0, 0, 1, 1])
    made, made_in = exchanges(crops, parts, 2, 1, 8)
    assert set(made.documents) == {"d0", "d1"}
    assert set(made_in.tolist()) == {0}


def test_pairs_depend_on_the_seed() -> None:
    crops = own(4)
    one, again, other = (exchanges(crops, parts_of(crops, 1), 1, seed, 8)[0] for seed in (1, 1, 2))
    assert np.array_equal(one.crops, again.crops)
    assert one.rows == again.rows
    assert not np.array_equal(one.crops, other.crops)


def test_every_attack_follows_its_host() -> None:
    crops = own(4)
    made, made_in = exchanges(crops, parts_of(crops, 2), 2, 1, 24)
    assert made.labels.tolist() == [0, 1] * 16
    assert made.documents[::2].tolist() == made.documents[1::2].tolist()
    assert made_in.tolist() == [int(document[1:]) % 2 for document in made.documents]
    assert {row.species for row in made.rows if row.label} <= {"exchanged_face", "exchanged_head", "exchanged_photo"}
    assert not made.masks[::2].any()
    assert all(mask.max() == 255 for mask in made.masks[1::2])
    assert made.crops.shape == (32, SIDE, SIDE, 3)


def test_zero_attacks_can_be_requested() -> None:
    made, made_in = exchanges(own(3), np.zeros(6, np.int64), 0, 1, 8)
    assert (made.crops.shape, len(made.rows), len(made_in)) == ((0, SIDE, SIDE, 3), 0, 0)


def test_only_masked_pixels_change_and_compression_gives_nothing_away() -> None:
    """Beyond the reach of blur and JPEG blocks around the mask, both of a pair are identical."""
    host, seen, resaved = portrait(3), set(), 0
    for number in range(40):
        pair = exchange(host, portrait(15), np.random.default_rng(number))
        near = cv2.dilate(pair.mask, np.ones((41, 41), np.uint8)) > 0
        assert np.array_equal(pair.genuine[~near], pair.attack[~near])
        changed = np.abs(pair.genuine.astype(int) - pair.attack).max(2) > 0
        assert changed[pair.mask == 255].mean() > 0.5
        assert pair.mask[SIDE // 2, SIDE // 2] == 255  # the face is in the centre
        resaved += not np.array_equal(pair.genuine, host)
        seen.add(pair.kind)
    assert seen == {"face", "head", "photo"}
    assert 10 < resaved < 35


def test_photo_covers_more_than_head_and_head_more_than_face() -> None:
    areas: dict[str, list[float]] = {}
    for number in range(60):
        pair = exchange(portrait(3), portrait(9), np.random.default_rng(number))
        areas.setdefault(pair.kind, []).append(float((pair.mask > 127).mean()))
    face, head, photo = (areas[kind] for kind in ("face", "head", "photo"))
    assert max(face) < min(head)
    assert np.mean(head) < np.mean(photo)
    assert all(np.std(of) > 0.005 for of in areas.values())  # outlines differ


def test_overlay_takes_the_colours_of_its_place() -> None:
    rng = np.random.default_rng(1)
    host = np.asarray(rng.normal((120, 90, 60), 12, (SIDE, SIDE, 3)).clip(0, 255), np.uint8)
    laid = np.asarray(rng.normal((60, 100, 160), 20, (SIDE, SIDE, 3)).clip(0, 255), np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[20:70, 30:60] = 255
    matched, wanted = (
        cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[mask > 0].astype(float)
        for image in (in_its_colours(laid, host, mask), host)
    )
    assert matched.mean(0) == pytest.approx(wanted.mean(0), abs=1)
    assert matched.std(0) == pytest.approx(wanted.std(0), abs=1.5)
