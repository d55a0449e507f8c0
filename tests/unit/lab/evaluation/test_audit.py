"""The audit finds planted shortcuts of every kind, and none in a sound data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.domain import RgbImage
from img_super.lab.dataset.manifest import BadDataSet
from img_super.lab.evaluation import metrics, resampling
from img_super.lab.evaluation.audit import shortcuts, surroundings
from img_super.lab.evaluation.audit.classifier import auc_interval, out_of_fold_scores, tabulate
from img_super.lab.evaluation.audit.rows import read_rows, read_shards
from img_super.lab.evaluation.audit.shortcuts import KINDS, audit_data_set

SIDE = 64
FRAME = (20.0, 14.0, 46.0, 50.0)
PAIRS = 60

Rng = np.random.Generator


@dataclass
class Crop:
    """A sample before writing; plants change the attacks."""

    image: npt.NDArray[np.float32]
    row: dict[str, Any]
    noise: float
    mask: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros((56, 56), np.uint8))


Plant = Callable[[Crop, Rng], None]


def _texture(rng: Rng, width: int, height: int, noise: float) -> npt.NDArray[np.float32]:
    coarse = rng.uniform(40, 210, (8, 8, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth + rng.normal(0, noise, smooth.shape), np.float32)


def _genuine(rng: Rng, number: int) -> Crop:
    noise = float(rng.uniform(2, 6))
    image = _texture(rng, SIDE, SIDE, noise)
    image[16:48, 22:44] = _texture(rng, 22, 32, noise)
    quality = int(rng.integers(60, 96))
    x_min, y_min, x_max, y_max = FRAME
    row = {
        "document": f"1-{number}", "portrait": f"gan/{number}", "donor": "", "design": "plain", "species": "",
        "face_xyxy": [200, 150, 200 + int(rng.integers(60, 90)), 250], "photo_wh": [int(rng.integers(400, 900)), 500],
        "frame_quad": [[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]],
        "file": {"format": "jpeg", "bytes": quality * 700 + int(rng.integers(0, 9000)), "quality": quality,
                 "subsampled": bool(rng.random() < 0.5)},
        "card": {"raster": float(rng.uniform()), "style": str(rng.choice(["plain", "toned"]))},
        "capture": {"kind": "phone", "defocus_px": float(rng.uniform(0, 2))},
        "passing": {"saves": float(rng.integers(1, 4))},
    }  # fmt: skip
    return Crop(image, row, noise)


def _attack(rng: Rng, genuine: Crop, number: int) -> Crop:
    """Another picture in the frame, drawn like the first."""
    image = genuine.image.copy()
    image[16:48, 22:44] = _texture(rng, 22, 32, genuine.noise)
    mask = np.zeros((56, 56), np.uint8)
    mask[14:42, 19:39] = 255
    return Crop(image, {**genuine.row, "donor": f"gan/d{number}", "species": "pasted_photo"}, genuine.noise, mask)


def _bytes(image: npt.NDArray[np.float32]) -> RgbImage:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def write(folder: Path, plant: Plant | None = None, pairs: int = PAIRS, seed: int = 5) -> Path:
    rng = np.random.default_rng(seed)
    crops = []
    for number in range(pairs):
        genuine = _genuine(rng, number)
        attack = _attack(rng, genuine, number)
        if plant is not None:
            plant(attack, rng)
        crops += [genuine, attack]
    folder.mkdir(parents=True, exist_ok=True)
    images, masks = np.stack([_bytes(crop.image) for crop in crops]), np.stack([crop.mask for crop in crops])
    np.savez(folder / "shard-00000.npz", crops=images, masks=masks)
    rows = [
        {"shard": "shard-00000", "position": at, "label": at % 2, "stage": "", **crop.row}
        for at, crop in enumerate(crops)
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _finer_quality(crop: Crop, rng: Rng) -> None:
    crop.row["file"] = {**crop.row["file"], "quality": int(rng.integers(40, 66))}


def _another_format(crop: Crop, rng: Rng) -> None:
    crop.row["file"] = {**crop.row["file"], "format": "webp"}


def _never_subsampled(crop: Crop, rng: Rng) -> None:
    crop.row["file"] = {**crop.row["file"], "subsampled": False}


def _larger_file(crop: Crop, rng: Rng) -> None:
    crop.row["file"] = {**crop.row["file"], "bytes": crop.row["file"]["bytes"] * 2}


def _larger_face(crop: Crop, rng: Rng) -> None:
    crop.row["face_xyxy"] = [200, 150, 200 + int(rng.integers(85, 110)), 250]


def _at_the_edge(crop: Crop, rng: Rng) -> None:
    x_min, y_min, x_max, y_max = crop.row["face_xyxy"]
    crop.row["face_xyxy"] = [x_min - 170, y_min, x_max - 170, y_max]


def _another_defocus(crop: Crop, rng: Rng) -> None:
    crop.row["capture"] = {"kind": "phone", "defocus_px": float(rng.uniform(1.5, 3))}


def _another_style(crop: Crop, rng: Rng) -> None:
    crop.row["card"] = {**crop.row["card"], "style": "toned"}


def _blurred(crop: Crop, rng: Rng) -> None:
    crop.image = np.asarray(cv2.GaussianBlur(crop.image, (0, 0), 0.9), np.float32)


def _noisier(crop: Crop, rng: Rng) -> None:
    crop.image = crop.image + rng.normal(0, 8, crop.image.shape).astype(np.float32)


def _paler(crop: Crop, rng: Rng) -> None:
    crop.image = 0.35 * crop.image + 0.65 * crop.image.mean(axis=2, keepdims=True)


def _outside(change: Plant) -> Plant:
    """The plant everywhere except in the frame."""

    def plant(crop: Crop, rng: Rng) -> None:
        inside = crop.image[14:50, 20:46].copy()
        change(crop, rng)
        crop.image[14:50, 20:46] = inside

    return plant


@pytest.mark.parametrize(
    ("kind", "plant"),
    [
        ("jpeg_tables", _finer_quality),
        ("jpeg_tables", _another_format),
        ("jpeg_tables", _never_subsampled),
        ("file_size", _larger_file),
        ("image_size", _larger_face),
        ("image_size", _at_the_edge),
        ("parameters", _another_defocus),
        ("parameters", _another_style),
        ("sharpness", _blurred),
        ("noise", _noisier),
        ("colour", _paler),
        ("surroundings", _outside(_noisier)),
        ("surroundings", _outside(_paler)),
    ],
)
def test_finds_a_planted_shortcut(tmp_path: Path, kind: str, plant: Plant) -> None:
    found = audit_data_set(write(tmp_path, plant), kinds=[kind])[0]
    assert found.is_shortcut
    assert found.auc > 0.7
    assert kind in found.sentence


def test_overlay_is_not_part_of_the_surroundings(tmp_path: Path) -> None:
    """Even outside the frame, whatever it is."""

    def over_the_edge(crop: Crop, rng: Rng) -> None:
        crop.image[10:40, 20:56] = rng.uniform(0, 255, (30, 36, 3))
        crop.mask[8:36, 17:50] = 255

    noise, around = audit_data_set(write(tmp_path, over_the_edge), kinds=["noise", "surroundings"])
    assert noise.is_shortcut
    assert around.auc == 0.5  # all features are equal within a pair


def test_both_crops_of_a_pair_are_masked_alike(tmp_path: Path) -> None:
    shift = 5

    def moved(crop: Crop, rng: Rng) -> None:
        crop.row["frame_quad"] = [[x + shift, y] for x, y in crop.row["frame_quad"]]
        crop.mask = np.roll(crop.mask, 4, axis=1)

    rows = read_rows(write(tmp_path, moved, pairs=2))
    seen = list(surroundings.surroundings_of(next(read_shards(tmp_path, rows))))
    assert len(seen) == 4
    genuine, attack = seen[0].shown, seen[1].shown
    assert not genuine[14:50, 20:46].any()
    assert not attack[14:50, 25:51].any()
    assert not attack[:, :shift].any()  # the genuine crop does not show it
    differing = genuine[:, :-shift] != attack[:, shift:]
    assert differing.mean() < 0.04
    assert (surroundings.blanked(seen[0])[14:50, 20:46] == 128).all()


def test_detects_blocks_at_their_own_period() -> None:
    blocky = np.repeat(np.random.default_rng(2).uniform(0, 255, (96, 12)), 8, axis=1).astype(np.float32)
    everywhere = np.ones(blocky.shape, bool)
    assert surroundings.block_strength(blocky, everywhere, 8.0) > 0.5
    assert surroundings.block_strength(blocky, everywhere, 5.3) < 0.2
    assert np.isnan(surroundings.block_strength(blocky, everywhere, 1.6))


def test_missing_numbers_and_rare_choices_are_ignored() -> None:
    features = [{"kind=common": 1.0, "width": 3.0}] * 9 + [{"kind=rare": 1.0, "kind=common": 1.0}]
    table = tabulate(features)
    assert table.names == ("kind=common", "width")
    assert np.isnan(table.values[-1, 1])
    assert table.values[0].tolist() == [1.0, 3.0]


def test_interval_contains_the_auc() -> None:
    rng = np.random.default_rng(4)
    labels, documents = np.arange(300) % 2, np.arange(300) // 2
    scores = np.round(rng.normal(0, 1, 300) + 0.5 * labels, 1)  # with ties
    low, high = auc_interval(labels, scores, documents, 1, outside=0.05)
    assert low < metrics.auc(labels, scores) < high
    drawn = resampling.Curves.of(labels, scores, resampling.drawn_weights(documents, 1)).auc()
    assert resampling.interval(drawn) == pytest.approx((low, high), abs=0.02)


def test_memorised_documents_do_not_help() -> None:
    """Folds never split a document, so a name that only reveals its own document's class does not count."""
    documents = np.repeat(np.arange(40), 2)
    labels = np.repeat(np.random.default_rng(3).integers(0, 2, 40), 2)
    names = np.repeat(np.eye(40), 2, axis=0)
    scores = out_of_fold_scores(names, labels, documents, 1)
    assert len(np.unique(np.round(scores, 6))) <= 10  # one answer per fold and classifier


@pytest.mark.parametrize(
    ("field_name", "said"), [("frame_quad", "frame_quad"), ("file", "file"), ("photo_wh", "photo_wh")]
)
def test_unusable_manifest_is_refused(tmp_path: Path, field_name: str, said: str) -> None:
    manifest = write(tmp_path, pairs=2) / "manifest.jsonl"
    row = json.loads(manifest.read_text().splitlines()[0])
    del row[field_name]
    manifest.write_text(json.dumps(row))
    with pytest.raises(BadDataSet, match=said):
        audit_data_set(tmp_path)


def test_small_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataSet, match="needs 20 documents"):
        audit_data_set(write(tmp_path, pairs=6))


def _run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["audit", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_missing_second_data_set_fails_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcuts, "audit_data_set", lambda *_: pytest.fail("the audit began"))
    code, _, complaints = _run("--data", str(write(tmp_path / "here")), "--against", str(tmp_path / "nowhere"))
    assert code == Exit.NOT_STARTED
    assert complaints.startswith(f"img-super: {tmp_path / 'nowhere'}")


def test_sound_data_set_passes_and_the_command_prints_one_json_line(tmp_path: Path) -> None:
    code, printed, complaints = _run("--data", str(write(tmp_path)), "--json")
    assert (code, complaints, printed.count("\n")) == (0, "", 1)
    answer = json.loads(printed)
    assert [finding["kind"] for finding in answer["findings"]] == list(KINDS)
    assert all(
        (finding["samples"], finding["documents"], finding["is_shortcut"]) == (2 * PAIRS, PAIRS, False)
        for finding in answer["findings"]
    )
    assert answer["leaks"] == []


def test_command_fails_and_names_the_shortcut_and_the_leak(tmp_path: Path) -> None:
    code, printed, complaints = _run("--data", str(write(tmp_path, _larger_file)), "--against", str(tmp_path))
    assert code == 1
    assert complaints.count("Shortcut") == 1
    assert "Shortcut file_size" in complaints
    assert "identities in both data sets" in complaints
    assert "file_size" in printed


def test_command_reports_unreadable_input(tmp_path: Path) -> None:
    code, _, complaints = _run("--data", str(tmp_path))
    assert code == Exit.NOT_STARTED
    assert "is missing" in complaints
