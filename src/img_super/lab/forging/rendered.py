"""Genuine generated documents as bases: photographed, before any file chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import cv2
import msgspec
import numpy as np

from img_super.lab.dataset.manifest import write_rows
from img_super.lab.forging.base import RENDERED, SUFFIX, Base, write_bases
from img_super.lab.synthesis.crew import RenderJob, Write, prepare, render_shards
from img_super.lab.synthesis.pair import PAIRS_A_BLANK, Options, draw_group_blank, draw_pair
from img_super.lab.synthesis.portraits.folder import PortraitNetworks
from img_super.lab.synthesis.render import photograph_genuine
from img_super.lab.synthesis.sources import Sources


class BaseRow(msgspec.Struct, frozen=True):
    """A base's row in the manifest."""

    document: str
    design: str
    portrait: str


@dataclass(frozen=True, slots=True)
class BaseJob(RenderJob):
    """Bases to render; `count` is their number."""


def render_bases(job: BaseJob, processes: int) -> Iterator[int]:
    """Render the missing shards, yielding the number of bases of each; then write the manifest."""
    yield from render_shards(job, _start, processes)


def _start(job: BaseJob) -> Write:
    return partial(_write_shard, job, prepare(job), PortraitNetworks())


def _write_shard(job: BaseJob, sources: Sources, networks: PortraitNetworks, shard: int) -> None:
    found = list(islice(_bases(job.seed, shard, sources, networks), job.size(shard)))
    write_bases(job.out / f"{job.name(shard)}{SUFFIX}", [base for base, _ in found])
    write_rows(job.rows_path(shard), [row for _, row in found])


def _bases(seed: int, shard: int, sources: Sources, networks: PortraitNetworks) -> Iterator[tuple[Base, BaseRow]]:
    """An endless stream of genuine documents; those without a face in the frame are skipped."""
    index = 0
    while True:
        blank, face_px = draw_group_blank(seed, shard, index // PAIRS_A_BLANK, sources)
        for _ in range(PAIRS_A_BLANK):
            pair = draw_pair((seed, shard, index), sources, Options(), blank, face_px)
            background = sources.backgrounds[pair.seeds["background"] % len(sources.backgrounds)]
            image, quad = photograph_genuine(pair, background)
            index += 1
            person = networks.examine(f"{RENDERED}/{pair.document}", image)
            if person is None or cv2.pointPolygonTest(quad, _middle(person.face_xywh), False) < 0:
                continue
            row = BaseRow(pair.document, blank.design, pair.portrait.identity)
            yield Base(pair.document, RENDERED, person, np.asarray(quad, np.float32)), row


def _middle(xywh: tuple[float, float, float, float]) -> tuple[float, float]:
    return xywh[0] + xywh[2] / 2, xywh[1] + xywh[3] / 2
