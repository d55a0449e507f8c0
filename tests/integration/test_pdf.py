"""Scanned PDFs, through the verbs that work without a service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.pipeline.decode import decode_image
from tests.conftest import SAMPLES
from tests.hostile.pdfs import ENCRYPTED, jpeg_scan, scan

JPEG = SAMPLES / "attack.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One photo as a file, in PDFs of a scanner and a phone, and an unreadable PDF."""
    folder = tmp_path_factory.mktemp("pdf")
    pixels = decode_image(JPEG.read_bytes())
    (folder / "a.jpg").write_bytes(JPEG.read_bytes())
    (folder / "b.pdf").write_bytes(scan(pixels))
    (folder / "c.pdf").write_bytes(jpeg_scan(JPEG.read_bytes(), (pixels.shape[1], pixels.shape[0])))
    (folder / "d.pdf").write_bytes(ENCRYPTED)
    return folder


def test_scan_judges_the_first_page_like_the_photo(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    CliRunner().invoke(app, ["scan", str(folder), "--out", str(out), "--processes", "1", "--json"])
    rows = sorted((json.loads(line) for line in out.read_text().splitlines()), key=lambda row: str(row["photo"]))
    assert [row["verdict"] for row in rows[:3]] == ["attack"] * 3
    assert [row["score"] for row in rows[1:3]] == pytest.approx([rows[0]["score"]] * 2, abs=0.02)
    assert rows[3]["error_code"] == "unsupported_variant"
    assert "encrypted PDF" in rows[3]["error_detail"]


def test_verbs_judge_and_draw_the_first_page(folder: Path, tmp_path: Path) -> None:
    words = ["super", "--json", "--draw", str(tmp_path), str(folder / "b.pdf"), str(folder / "d.pdf")]
    judged, refused = (json.loads(line) for line in CliRunner().invoke(app, words).stdout.splitlines())
    assert judged["verdict"] == "attack"
    assert refused["error"]["code"] == "unsupported_variant"
    with Image.open(tmp_path / "b.jpg") as picture, Image.open(JPEG) as photo:
        assert picture.size == photo.size
