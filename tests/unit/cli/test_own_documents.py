from __future__ import annotations

from pathlib import Path

import pytest

from img_super.cli.own_documents import read_own
from img_super.detector.fast import FastDetector
from img_super.domain import Label
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import OwnDocuments
from img_super.pipeline.load import SHIPPED_MODEL


def test_photos_are_read_with_the_detector_that_serves(
    tmp_path: Path, bona_fide_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.jpg").write_bytes(bona_fide_bytes)
    monkeypatch.setattr(FastDetector, "detect", lambda *_: None)  # it finds nothing, so that its choice shows

    def read() -> OwnDocuments:
        return read_own(None, [str(tmp_path)], None, {}, SHIPPED_MODEL, 1)

    monkeypatch.setenv("IMG_SUPER_DETECTOR", "precise")
    assert read().count(Label.BONA_FIDE) == 1
    monkeypatch.setenv("IMG_SUPER_DETECTOR", "fast")
    with pytest.raises(BadLabels, match="no_face"):
        read()
