"""`img-super forge bases` with people made of ellipses, whose faces are found at the cards' portraits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.manifest import read_manifest
from img_super.lab.dataset.real_captures import KEPT_FROM_TRAINING
from img_super.lab.forging import rendered
from img_super.lab.forging.base import RENDERED, opened, read_bases
from img_super.lab.synthesis import crew
from img_super.lab.synthesis.pair import SamplePair
from img_super.lab.synthesis.portraits import folder
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.render import photograph_genuine
from img_super.lab.synthesis.sources import Sources


class Examiner:
    """Fake networks: a face of fixed size in the centre of the last photographed frame."""

    middle_xy: tuple[float, float] = (40.0, 30.0)
    person: Portrait
    looked = 0

    def examine(self, identity: str, image: RgbImage) -> Portrait | None:
        """Every third photo has a face beside its portrait's frame, every fourth has none."""
        Examiner.looked += 1
        if identity.startswith(f"{RENDERED}/") and Examiner.looked % 4 == 0:
            return None
        x, y = (0.0, 0.0) if Examiner.looked % 3 == 0 else Examiner.middle_xy
        matte = np.zeros(image.shape[:2], np.uint8)
        return replace(self.person, identity=identity, image=image, matte=matte, face_xywh=(x - 8, y - 10, 16.0, 20.0))


@pytest.fixture
def examined(sources: Sources, monkeypatch: pytest.MonkeyPatch, in_this_process: None) -> type[Examiner]:
    def photographed(pair: SamplePair, background: RgbImage) -> tuple[RgbImage, Float32Array]:
        image, quad = photograph_genuine(pair, background)
        Examiner.middle_xy = tuple(float(value) for value in quad.mean(0))  # type: ignore[assignment]
        return image, quad

    monkeypatch.setattr(Examiner, "person", sources.portraits[0], raising=False)
    monkeypatch.setattr(Examiner, "looked", 0)
    for module in (crew, rendered):
        monkeypatch.setattr(module, "prepare", lambda *_: sources)
    for module in (folder, rendered):
        monkeypatch.setattr(module, "PortraitNetworks", Examiner)
    monkeypatch.setattr(rendered, "photograph_genuine", photographed)
    return Examiner


def test_bases_are_rendered_documents_with_their_captures(examined: type[Examiner], tmp_path: Path) -> None:
    captures, out = tmp_path / "data" / "real-bases", tmp_path / "bases"
    captures.mkdir(parents=True)
    cv2.imwrite(str(captures / "lying.png"), np.zeros((60, 80, 3), np.uint8))
    labels = {"lying.png": {"document": "notes", "rotation": 90}, "none.png": {"document": KEPT_FROM_TRAINING[0]}}
    (captures / "labels.json").write_text(json.dumps(labels))
    typed = ["forge", "bases", "--out", str(out), "--data", str(tmp_path / "data"), "--count", "6", "--processes", "1"]
    done = CliRunner().invoke(app, typed, catch_exceptions=False)
    assert "6 new samples" in done.stdout
    assert "1 real captures" in done.stdout

    bases, rows = read_bases(out / "rendered"), read_manifest(out / "rendered", rendered.BaseRow)
    assert [base.document for base in bases] == [row.document for row in rows]
    assert {base.source for base in bases} == {RENDERED}
    assert examined.looked > 6
    for base in bases:
        x, y, width, height = base.face_xywh
        quad = np.array(base.frame_quad, np.float32)
        assert cv2.pointPolygonTest(quad, (x + width / 2, y + height / 2), False) > 0
    (capture,) = read_bases(out / "real")
    assert opened(capture).image.shape == (80, 60, 3)

    again = CliRunner().invoke(app, typed, catch_exceptions=False)
    assert "0 new samples" in again.stdout
