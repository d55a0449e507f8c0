"""Untrusted cards, recipes, registries and tables: one sentence each, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from img_super.errors import BadModel
from img_super.lab.dataset.manifest import BadDataSet, SampleRow, read_manifest
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.tables import photos_of
from img_super.lab.training.recipe import BadRecipe, read_recipe
from img_super.model_card import CARD_FILE, read_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.registry.registry import STATE_FILE, Registry
from img_super.sources.errors import FileError
from img_super.sources.found import InFile, Reader

DEEP = b"[" * 100_000
CARD = json.loads((SHIPPED_MODEL / CARD_FILE).read_text())
RECIPE = b'name = "a"\ninput_side_px = 288\nepochs = 1\nbatch_size = 1\nlearning_rate = '


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": -5},
        {"threshold": 5},
        {"undetermined": [0.9, 0.1]},
        {"policies": {"strict": {"threshold": 2, "undetermined": [0, 1]}}},
        {"min_face_px": 0},
        {"input_side_px": 1_000_000_000},
        {"name": "a\x1b[31m"},
        {"name": "a" * 65},
        {"version": "1\n12:30:05 INFO     Ready"},
        {"created": "\x1b]0;a\x07"},
        {"files": {f"litert_{number}": CARD["files"]["litert"] for number in range(20)}},
        {"calibration": {"temperature": 0, "bias": 0}},
        {"calibration": {"temperature": -1.5, "bias": 0}},
        {"calibration": {"temperature": 1, "bias": 0, "knots": [[5, 0.1], [1, 0.2]]}},
        {"calibration": {"temperature": 1, "bias": 0, "knots": [[0, 0.1], [1, 5]]}},
    ],
)
def test_invalid_model_card_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / CARD_FILE).write_text(json.dumps({**CARD, **change}))
    with pytest.raises(BadModel, match="is not a valid card"):
        read_card(tmp_path)


def test_error_is_one_line_without_control_characters(tmp_path: Path) -> None:
    for name, read in ((CARD_FILE, read_card), (STATE_FILE, lambda folder: Registry(folder).state)):
        (tmp_path / name).write_text('{"\\u001b[31m\\n": 1}')
        with pytest.raises(BadModel, match=r"\\x1b\[31m\\n") as refused:
            read(tmp_path)
        assert str(refused.value).isprintable()


@pytest.mark.parametrize("content", [b'{"figures":' + b'{"a":' * 100_000, b'{"name":"\xff"}', DEEP])
def test_damaged_json_is_reported(tmp_path: Path, content: bytes) -> None:
    for name in (CARD_FILE, STATE_FILE, "manifest.jsonl"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadModel):
        read_card(tmp_path)
    with pytest.raises(BadModel):
        _ = Registry(tmp_path).state
    with pytest.raises(BadDataSet):
        read_manifest(tmp_path, SampleRow)


@pytest.mark.parametrize("rate", [b"nan", b"inf", b'"\xff"', DEEP])
def test_invalid_recipe_is_refused(tmp_path: Path, rate: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(RECIPE + rate + b"\n")
    with pytest.raises(BadRecipe):
        read_recipe(tmp_path / "a.toml")


BOX = '{"photo": "a.jpg", "label": 0, "x_min": %s, "y_min": 1, "x_max": 2, "y_max": 3}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", (BOX % "NaN").encode()),
        ("a.jsonl", (BOX % "1e999").encode()),
        ("a.jsonl", DEEP),
        ("a.csv", b'photo,label\n"' + b"a" * 200_000 + b'",0\n'),
    ],
)
def test_invalid_table_rows_are_reported(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadLabels):
        list(photos_of(str(tmp_path / name), {}))


@pytest.mark.parametrize("photo", [r"a\ud800.jpg", r"a\u0000.jpg"])
def test_impossible_file_name_counts_as_unreadable(tmp_path: Path, photo: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"photo": "{photo}", "label": 0}}')
    (row,) = photos_of(str(tmp_path / "a.jsonl"), {})
    assert isinstance(row.found, InFile)
    assert row.found.name.isprintable()
    with pytest.raises(FileError):
        Reader({}).read(row.found)
