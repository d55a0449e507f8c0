"""The networks that draw and examine portraits; skipped without the packages of requirements-weights.txt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from img_super.lab.synthesis.portraits.drawn import PortraitPainter, draw_portraits, draw_variants
from img_super.lab.synthesis.portraits.folder import PortraitNetworks, prepare_portrait, read_portraits
from img_super.lab.synthesis.portraits.matte import refined
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.portraits.weights import FACE_LANDMARKER, PERSON_MATTE, SYNTHESIS, BadWeights
from tests.unit.lab.synthesis.portraits.people import person


def _installed() -> bool:
    try:
        for file in (FACE_LANDMARKER, PERSON_MATTE, *SYNTHESIS):
            file.read()
        import openvino  # noqa: F401
    except (BadWeights, ModuleNotFoundError):
        return False
    return True


needs_networks = pytest.mark.skipif(not _installed(), reason="requirements-weights.txt is not installed")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def painter() -> PortraitPainter:
    return PortraitPainter()


@pytest.fixture(scope="module")
def drawn(cache: Path, painter: PortraitPainter) -> list[Portrait]:
    with pytest.MonkeyPatch.context() as patch:  # its networks are slow to load
        patch.setattr("img_super.lab.synthesis.portraits.drawn.PortraitPainter", lambda: painter)
        return draw_portraits(2, 1, cache)


STOPPED_AFTERWARDS = """
import signal, sys
from img_super.lab.synthesis.portraits.drawn import PortraitPainter
PortraitPainter()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.raise_signal(signal.SIGTERM)
"""


@needs_networks
def test_signal_after_the_painter_ended_is_harmless() -> None:
    assert subprocess.run([sys.executable, "-c", STOPPED_AFTERWARDS], check=False).returncode == 143


@needs_networks
def test_draws_and_examines_portraits(drawn: list[Portrait]) -> None:
    assert len({portrait.identity for portrait in drawn}) == 2
    for portrait in drawn:
        assert portrait.identity.startswith("drawn/1-")
        assert portrait.source == "drawn"
        assert portrait.image.shape == (448, 448, 3)
        assert 0.3 < (portrait.matte > 127).mean() < 0.95
        assert portrait.outline.shape == (36, 2)
    assert not np.array_equal(drawn[0].image, drawn[1].image)


@needs_networks
def test_outline_encloses_the_landmarks_inside_the_matte(drawn: list[Portrait]) -> None:
    for portrait in drawn:
        for x, y in portrait.landmarks:
            assert cv2.pointPolygonTest(portrait.outline, (float(x), float(y)), False) > 0
        forehead, chin = portrait.outline[0], portrait.outline[18]
        assert forehead[1] < portrait.landmarks[:2, 1].min() < portrait.landmarks[3:, 1].max() < chin[1]
        cheeks = portrait.outline[[9, 27]].round().astype(int).clip(0, 447)
        assert (portrait.matte[cheeks[:, 1], cheeks[:, 0]] > 60).all()


@needs_networks
def test_portrait_depends_only_on_its_number(drawn: list[Portrait], painter: PortraitPainter) -> None:
    number = int(drawn[0].identity.removeprefix("drawn/1-"))
    np.testing.assert_array_equal(painter.paint(1, number), drawn[0].image)


@needs_networks
def test_variant_has_another_face_in_the_same_pose(
    drawn: list[Portrait], cache: Path, painter: PortraitPainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("img_super.lab.synthesis.portraits.drawn.PortraitPainter", lambda: painter)
    person, other = drawn
    (variant,) = draw_variants([person.identity], 1, cache)[person.identity]
    assert np.abs(variant.landmarks - person.landmarks).max() < 30
    differs, stranger = (np.abs(one.image.astype(int) - person.image).mean() for one in (variant, other))
    assert 5 < differs < 0.8 * stranger


@needs_networks
def test_drawing_resumes(drawn: list[Portrait], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("drawn anew")

    monkeypatch.setattr(PortraitPainter, "__init__", refuse)
    (again,) = draw_portraits(1, 1, cache)
    np.testing.assert_array_equal(again.image, drawn[0].image)
    np.testing.assert_array_equal(again.matte, drawn[0].matte)
    with pytest.raises(AssertionError, match="drawn anew"):
        draw_portraits(30, 1, cache)


@needs_networks
def test_folder_is_cached_in_its_pack(drawn: list[Portrait], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = tmp_path / "people", tmp_path / "cache"
    (folder / "female").mkdir(parents=True)
    cv2.imwrite(str(folder / "female" / "12.png"), drawn[0].image[:, :, ::-1])
    cv2.imwrite(str(folder / "nobody.png"), np.full((64, 64, 3), 128, np.uint8))
    told: list[tuple[int, int]] = []
    (first,) = read_portraits(folder, "cc0", cache, lambda done, of: told.append((done, of)))
    assert (first.identity, first.source) == ("cc0/female/12", "cc0")
    assert told == [(1, 2), (2, 2)]
    monkeypatch.setattr(PortraitNetworks, "examine", None)
    (second,) = read_portraits(folder, "cc0", cache)
    np.testing.assert_array_equal(first.matte, second.matte)
    assert prepare_portrait(folder / "nobody.png", "cc0/nobody", cache, PortraitNetworks()) is None
    cv2.imwrite(str(folder / "another.png"), drawn[1].image[:, :, ::-1])
    with pytest.raises(TypeError):  # the pack is stale, and the new picture must be examined
        read_portraits(folder, "cc0", cache)


def test_averted_face_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "somebody.png"
    frontal, turned = person(), person()
    turned.landmarks[2, 0] += 35
    cv2.imwrite(str(path), frontal.image)
    for number, (portrait, wanted) in enumerate([(frontal, frontal), (turned, None)]):
        monkeypatch.setattr(PortraitNetworks, "examine", lambda *_, found=portrait: found)
        for _ in ("examined", "from the cache"):
            read = prepare_portrait(path, f"made/{number}", tmp_path, PortraitNetworks())
            assert (read is None) == (wanted is None)


def test_networks_are_unused_when_nothing_is_drawn(tmp_path: Path) -> None:
    assert draw_portraits(0, 1, tmp_path) == []


def test_unreadable_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(FileNotFoundError, match=r"broken\.jpg"):
        read_portraits(tmp_path, "cc0", tmp_path / "cache")


def test_refining_sharpens_the_matte_to_the_picture() -> None:
    guide = np.zeros((160, 160, 3), np.float32)
    guide[:, 80:] = (0.8, 0.3, 0.5)
    truth = (guide[:, :, 0] > 0).astype(np.float32)
    blurred = cv2.GaussianBlur(truth, (0, 0), 3).astype(np.float32)
    sharp = refined(guide, blurred)
    assert (blurred[:, 80] - blurred[:, 79]).max() < 0.15
    assert (sharp[:, 80] - sharp[:, 79]).min() > 0.4
