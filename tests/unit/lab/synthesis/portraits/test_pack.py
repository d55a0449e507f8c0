from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from img_super.lab.synthesis.portraits.pack import read_pack, write_pack
from tests.unit.lab.synthesis.portraits.people import person


def test_pack_round_trips(tmp_path: Path) -> None:
    written = [person(number=0), person(wh=(120, 90), centre_x=60, chin_y=80, face_px=40, number=1)]
    written[1].image[5, 7] = (1, 2, 3)
    write_pack(tmp_path / "made.pack", written)
    read = read_pack(tmp_path / "made.pack")
    assert read is not None
    assert [each.identity for each in read] == ["made/0", "made/1"]
    for before, after in zip(written, read, strict=True):
        assert (after.source, after.face_xywh) == (before.source, before.face_xywh)
        for name in ("image", "matte", "landmarks", "outline"):
            np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_pixels_are_mapped_read_only(tmp_path: Path) -> None:
    write_pack(tmp_path / "made.pack", [person()])
    (portrait,) = read_pack(tmp_path / "made.pack") or []
    with pytest.raises(ValueError, match="read-only"):
        portrait.image[0, 0] = 0


@pytest.mark.parametrize("kept", [0, 5, 100_000, -1])
def test_broken_pack_is_ignored(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "made.pack"
    write_pack(path, [person()])
    path.write_bytes(path.read_bytes()[:kept])
    assert read_pack(path) is None


def test_missing_pack_is_none(tmp_path: Path) -> None:
    assert read_pack(tmp_path / "made.pack") is None


def test_empty_pack_is_valid(tmp_path: Path) -> None:
    write_pack(tmp_path / "made.pack", [])
    assert read_pack(tmp_path / "made.pack") == []
