from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from img_super.detector import fast
from img_super.detector.face_refiner import FaceRefiner, Part, RefinedFace
from img_super.detector.fast import ALONE, LEAST, MAX_DOCUMENTS, MOST_DOUBTFUL, SURE, FastDetector
from img_super.detector.outputs import CHANNELS, OTHER, PORTRAIT, FloatBox, FoundFace
from img_super.detector.pyramid import Pyramid
from img_super.domain import Box, Detection, Face, Float32Array, ModelIdentity, RgbImage, Rotation
from img_super.errors import BadModel
from img_super.model_card import DetectorCard, WeightsFile

SIDE = 64
PHOTO = np.zeros((480, 640, 3), np.uint8)
PRECISE = Detection(Face(Box(1, 2, 30, 40), 0.9), (), 90)


def answers(portrait: float) -> dict[str, Float32Array]:
    """A portrait at cell (2, 3) and a ghost at (5, 6); the likeliest rotations are 180, then 90."""
    outputs = {name: np.zeros((8, 8, channels), np.float32) for name, channels in CHANNELS.items()}
    outputs["centres"][2, 3, PORTRAIT], outputs["centres"][5, 6, OTHER] = portrait, 0.5
    outputs["boxes"][2, 3, 2:4] = np.log(0.5)
    outputs["boxes"][5, 6, 2:4] = np.log(0.25)
    outputs["rotations"][2, 3] = [0, 4, 9, -1]
    return outputs


class Network:
    input_wh = (SIDE, SIDE)
    outputs = answers(0.9)

    def __init__(self, weights: bytes) -> None:
        pass

    def run(self, square: RgbImage) -> dict[str, Float32Array]:
        assert square.shape == (self.input_wh[1], self.input_wh[0], 3)
        return self.outputs


class Finder(FaceRefiner):
    """Finds the face wherever asked, in some rotations."""

    confidences: ClassVar[dict[Rotation, float]] = {180: 0.95}
    asked: ClassVar[list[Rotation]] = []
    only_at_x: float | None = None

    def __init__(self) -> None:
        pass

    def find(self, photo: Pyramid, about: FloatBox, rotation: Rotation) -> RefinedFace | None:
        self.asked.append(rotation)
        if rotation not in self.confidences or self.only_at_x not in (None, about.x):
            return None
        return RefinedFace(FoundFace(about, self.confidences[rotation]), Part.around(about))


class Precise:
    asked = 0
    identity = ModelIdentity("precise", "1", "0" * 64)

    def detect(self, image: RgbImage) -> Detection | None:
        self.asked += 1
        return PRECISE


def card(input_wh: tuple[int, int] = (SIDE, SIDE)) -> DetectorCard:
    files = {"litert": WeightsFile("portrait_detector.tflite", "0" * 64)}
    return DetectorCard("portrait_detector", "0.0", "2026-01-01", files, input_wh, 0.5, {}, "", [], "")


@pytest.fixture
def precise(monkeypatch: pytest.MonkeyPatch) -> Precise:
    monkeypatch.setattr(fast, "LiteRtDetectionNetwork", Network)
    monkeypatch.setattr(Network, "outputs", answers(0.9))
    monkeypatch.setattr(Finder, "confidences", {180: 0.95})
    monkeypatch.setattr(Finder, "asked", [])
    return Precise()


def test_confident_result_is_in_photo_pixels(precise: Precise) -> None:
    located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert located is not None
    assert located.detection.rotation == 180
    assert located.detection.portrait.box == Box(200, 120, 360, 280)  # 16 px at (28, 20), ten times as large
    assert [face.confidence for face in located.detection.others] == [0.5]
    assert located.confidence == pytest.approx(0.9, abs=0.01)
    assert precise.asked == 0


def test_other_boxes_are_clipped_to_the_photo(precise: Precise) -> None:
    low = np.zeros((450, 640, 3), np.uint8)
    located = FastDetector(b"", card(), Finder(), precise).locate(low)
    assert located is not None
    (ghost,) = located.detection.others
    assert ghost.box == Box(480, 400, 560, 450)


def test_uncertain_position_falls_back(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "outputs", answers(0.3))
    assert FastDetector(b"", card(), Finder(), precise).detect(PHOTO) is PRECISE
    assert (precise.asked, Finder.asked) == (1, [])


def test_precise_face_without_a_document_has_none(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "outputs", answers(0.3))
    asking = FastDetector(b"", card(), Finder(), precise)
    for box, told in ((Box(200, 120, 360, 280), True), (Box(500, 120, 600, 200), False)):
        seen = Detection(Face(box, 0.9), (), 0)
        monkeypatch.setattr(precise, "detect", lambda _, seen=seen: seen)
        found = asking.detect(PHOTO)
        assert found is not None
        assert (found.portrait, found.no_document) == (seen.portrait, told)


def test_best_placed_precise_face_is_the_portrait(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the largest nor one that YuNet is unsure of."""
    monkeypatch.setattr(Network, "outputs", answers(0.3))
    small, ghost = Face(Box(260, 180, 300, 230), 0.9), Face(Box(490, 410, 550, 470), 0.95)
    asking = FastDetector(b"", card(), Finder(), precise)
    for face, chosen in ((small, small), (replace(small, confidence=ALONE - 0.01), ghost)):
        found = Detection(ghost, (face,), 0)
        monkeypatch.setattr(precise, "detect", lambda _, found=found: found)
        detection = asking.detect(PHOTO)
        assert detection is not None
        assert detection.portrait == chosen


def test_certain_rotation_ends_the_search(precise: Precise) -> None:
    FastDetector(b"", card(), Finder(), precise).detect(PHOTO)
    assert Finder.asked == [180]


def test_most_confident_rotation_wins(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "confidences", {180: LEAST - 0.05, 90: LEAST + 0.05, 0: LEAST - 0.02})
    located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert located is not None
    assert located.detection.rotation == 90
    assert Finder.asked == [180, 90, 0, 270]


@pytest.mark.parametrize("confidences", [{}, {180: LEAST - 0.01}], ids=["none", "doubtful"])
def test_unconfirmed_result_falls_back(
    precise: Precise, monkeypatch: pytest.MonkeyPatch, confidences: dict[Rotation, float]
) -> None:
    assert LEAST < SURE
    monkeypatch.setattr(Finder, "confidences", confidences)
    assert FastDetector(b"", card(), Finder(), precise).detect(PHOTO) is PRECISE


def test_network_must_match_the_size_in_its_card(precise: Precise) -> None:
    with pytest.raises(BadModel, match=r"\(64, 64\) px, its card says \(320, 64\) px"):
        FastDetector(b"", card((320, 64)), Finder(), precise)


def test_tries_the_next_likely_position(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Finder, "only_at_x", 520)
    for likely, found in ((0.2, None), (0.5, Box(480, 400, 560, 480))):
        outputs = answers(0.6)
        outputs["centres"][5, 6] = likely, 0.5
        monkeypatch.setattr(Network, "outputs", outputs)
        located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
        assert (located.detection.portrait.box if located else None) == found
        assert located is None or [other.box for other in located.detection.others] == [Box(200, 120, 360, 280)]


def test_result_of_a_rotated_photo_is_in_its_own_pixels(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "input_wh", (SIDE, SIDE // 2))
    monkeypatch.setattr(Finder, "confidences", {270: 0.95})
    located = FastDetector(b"", card((SIDE, SIDE // 2)), Finder(), precise).locate(np.zeros((640, 320, 3), np.uint8))
    assert located is not None
    assert Finder.asked == [270]  # 180 in the network's input
    assert located.detection.portrait.box == Box(120, 280, 280, 440)


def test_number_of_judged_documents_is_limited(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = answers(0.9)
    outputs["centres"][..., PORTRAIT] = np.maximum(0.6, outputs["centres"][..., PORTRAIT])
    outputs["boxes"][..., 2:4] = -2.5  # so small that none overlap
    monkeypatch.setattr(Network, "outputs", outputs)
    monkeypatch.setattr(fast, "may_have_own_document", lambda other, portrait: True)
    monkeypatch.setattr(fast, "has_own_document", lambda other, portrait: True)
    located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert located is not None
    assert len(located.detection.elsewhere) == MAX_DOCUMENTS - 1
    assert located.detection.has_more
    monkeypatch.setattr(fast, "may_have_own_document", lambda other, portrait: False)
    monkeypatch.setattr(fast, "MAX_FACES", 65)
    alone = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert alone is not None
    assert not alone.detection.has_more


def test_number_of_close_ups_is_limited(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, looks = answers(0.9), list[RgbImage]()
    outputs["centres"][..., PORTRAIT] = np.maximum(0.6, outputs["centres"][..., PORTRAIT])
    outputs["boxes"][..., 2:4] = -2.5

    def run(_: Network, square: RgbImage) -> dict[str, Float32Array]:
        looks.append(square)
        return outputs

    monkeypatch.setattr(Network, "run", run)
    monkeypatch.setattr(fast, "may_have_own_document", lambda other, portrait: True)
    assert FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert MOST_DOUBTFUL < len(looks) < MOST_DOUBTFUL + 5  # the whole photo, and the holder's card


@pytest.mark.parametrize("so_near", [True, False])
def test_other_documents_get_their_box_from_the_close_up(
    precise: Precise, monkeypatch: pytest.MonkeyPatch, so_near: bool
) -> None:
    """In the whole photo its face appears too large; only a close-up separates it from a ghost."""
    seen = answers(0.9)
    seen["centres"][5, 6], seen["centres"][4, 6] = 0, (0.3, 0.5)
    seen["boxes"][..., 2:8] = np.log([0.5, 0.5, 1, 1, 0.5, 0.5])
    seen["corners"][...] = np.array([-1, -1, 1, -1, 1, 1, -1, 1]) * 0.25
    near = answers(0)
    near["centres"][3, 4, PORTRAIT] = 0.9
    near["boxes"][..., 2:8] = np.log([0.5, 0.5, 1, 1, 1, 1])
    near["corners"][...] = np.array([-1, -1, 1, -1, 1, 1, -1, 1]) * 0.4
    runs = iter([seen])
    monkeypatch.setattr(Network, "run", lambda self, square: next(runs, near))
    monkeypatch.setattr(fast, "may_have_own_document", lambda face, portrait: True)
    monkeypatch.setattr(fast, "has_own_document", lambda face, portrait: face.view is not portrait.view and so_near)
    monkeypatch.setattr(fast, "fades", lambda face, far: False)
    located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert located is not None
    (other,) = located.detection.others
    if so_near:
        (document,) = located.detection.elsewhere
        assert document.portrait == other
        assert document.portrait.box.width < 160
    else:
        assert not located.detection.elsewhere
        assert other.box.width == 160


def test_portrait_found_in_a_close_up_precedes_the_holder(precise: Precise, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder fills the photo, and one pass is unsure about the card."""
    seen = answers(0.9)
    seen["centres"][5, 6] = 0.15, 0.15
    seen["boxes"][2, 3, 2:4] = np.log(0.9)
    near = answers(0.9)
    near["corners"][...] = np.array([-1, -1, 1, -1, 1, 1, -1, 1]) * 0.4
    near["boxes"][..., 2:8] = np.log([0.25, 0.25, 1, 1, 0.25, 0.25])
    runs = iter([seen, near])
    monkeypatch.setattr(Network, "run", lambda self, square: next(runs, near))
    monkeypatch.setattr(fast, "worth_a_look", lambda faces, large: faces[1:2])
    monkeypatch.setattr(fast, "is_portrait_apart", lambda face, large: face.view is not large.view)
    located = FastDetector(b"", card(), Finder(), precise).locate(PHOTO)
    assert located is not None
    assert located.detection.portrait.box.width < 200
    assert [face.box.width > 280 for face in located.detection.others] == [True]
    assert not located.detection.elsewhere
