"""The generator with its real networks, on generated portraits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.manifest import Row, read_manifest
from img_super.lab.dataset.splits import leaks, source_of, split_of_design, split_of_identity
from img_super.lab.evaluation.audit.shortcuts import audit_data_set
from img_super.lab.synthesis.crew import prepare, write_manifest
from img_super.lab.synthesis.samples import Renderer
from img_super.lab.synthesis.shards import CropJob, render_data_set, write_shard
from img_super.lab.synthesis.superimpositions import SPECIES
from tests.integration.conftest import DRAWN


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, portraits_cache: Path) -> CropJob:
    out = tmp_path_factory.mktemp("generator") / "two"
    return CropJob(out, portraits_cache, "train", 240, 3, side_px=96, drawn=DRAWN, shard_size=24)


@pytest.fixture(scope="module")
def rendered(job: CropJob) -> list[Row]:
    assert sum(render_data_set(job, 2)) == job.count
    return read_manifest(job.out, Row)


def test_half_the_samples_are_genuine_and_each_has_an_attack(job: CropJob, rendered: list[Row]) -> None:
    assert len(rendered) == job.count
    by_document: dict[str, set[int]] = {}
    for row in rendered:
        by_document.setdefault(row.document, set()).add(row.label)
    assert all(labels == {0, 1} for labels in by_document.values())
    assert {row.species for row in rendered} == {"", *SPECIES}


def test_masks_cover_exactly_the_attacks(job: CropJob, rendered: list[Row]) -> None:
    crops = read_crops(job.out)
    assert not crops.masks[crops.labels == 0].any()
    covered = (crops.masks[crops.labels == 1] > 127).mean(axis=(1, 2))
    assert covered.min() > 0.005
    assert 0.05 < np.median(covered) < 0.6


def test_resumed_job_renders_what_is_missing_whatever_the_worker_count(job: CropJob, rendered: list[Row]) -> None:
    lost = sorted(job.out.glob("shard-00001*"))
    before = {path: path.read_bytes() for path in lost}
    for path in lost:
        path.unlink()
    again: Iterator[int] = render_data_set(job, 1)
    assert list(again) == [job.shard_size]
    assert {path: path.read_bytes() for path in sorted(job.out.glob("shard-00001*"))} == before


LIMIT_OF_FEW = 0.6
"""On 240 crops of a few people an honest AUC strays by 0.05; large sets are held to 0.55 by `img-super audit`."""


def test_only_the_attack_reveals_the_class(job: CropJob, rendered: list[Row]) -> None:
    assert not [finding.sentence for finding in audit_data_set(job.out, LIMIT_OF_FEW) if finding.is_shortcut]


def test_splits_share_no_person_and_no_design(job: CropJob, rendered: list[Row], tmp_path: Path) -> None:
    other = replace(job, out=tmp_path, split="validation", count=12, photos=True)
    (tmp_path / "photos").mkdir()
    write_shard(other, Renderer(prepare(other), other.seed, other.side_px, other.options), 0)
    write_manifest(other)
    held_out = read_manifest(other.out, Row)
    assert leaks(rendered, held_out) == []
    for rows, split in ((rendered, "train"), (held_out, "validation")):
        people = {name for row in rows for name in (row.portrait, row.donor) if name}
        assert {split_of_identity(source_of(name), name) for name in people} == {split}
        assert {split_of_design(row.design) for row in rows} == {split}
    assert leaks(rendered, rendered[:2]) != []
    for row in held_out:
        with Image.open(tmp_path / row.photo) as photo:
            assert photo.size == row.photo_wh
