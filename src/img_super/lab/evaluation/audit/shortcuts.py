"""Runs the audit: one finding per set of features that must not reveal the class."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from img_super.lab.dataset.manifest import BadDataSet
from img_super.lab.evaluation import metrics
from img_super.lab.evaluation.audit import from_pixels, from_rows, surroundings
from img_super.lab.evaluation.audit.classifier import auc_interval, out_of_fold_scores, strongest_feature, tabulate
from img_super.lab.evaluation.audit.from_pixels import responses
from img_super.lab.evaluation.audit.from_rows import Features
from img_super.lab.evaluation.audit.rows import AuditRow, Shard, read_rows, read_shards

LIMIT: Final = 0.55
"""The AUC above which knowledge counts as a shortcut."""

LEAST_DOCUMENTS: Final = 20

KINDS: Final = {
    "jpeg_tables": "the last file's format, quantisation and chroma subsampling",
    "file_size": "the size of the last file in bytes",
    "image_size": "the size of the photo, of the face and of what is mirrored beyond the photo",
    "parameters": "the parameters of card, camera and saves",
    "sharpness": "the sharpness of the whole crop",
    "noise": "the noise of the whole crop",
    "colour": "the colours of the whole crop",
    "surroundings": "the card without its portrait",
}

_OUTSIDE: Final = 0.05 / len(KINDS)
"""Bonferroni: all intervals together hold with 95 %, so that an honest small data set rarely raises an alarm."""

_OF_ROWS: Final[dict[str, Callable[[AuditRow], Features]]] = {
    "jpeg_tables": from_rows.jpeg_tables,
    "file_size": from_rows.file_size,
    "image_size": from_rows.image_size,
    "parameters": from_rows.parameters,
}
_OF_RESPONSES: Final = {"sharpness": from_pixels.sharpness, "noise": from_pixels.noise}


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """How well one set of features separates the classes."""

    kind: str
    auc: float
    interval: tuple[float, float]  # of the AUC, bootstrapped by document; simultaneous over all sets with 95 %
    strongest: str  # the most telling single feature
    samples: int
    documents: int
    is_shortcut: bool  # the AUC is above the limit, and its interval above one half

    @property
    def sentence(self) -> str:
        low, high = self.interval
        return (
            f"Shortcut {self.kind}: {KINDS[self.kind]} tell the classes apart with an AUC of {self.auc:.3f} "
            f"({low:.3f} to {high:.3f}); the strongest feature is {self.strongest}."
        )


def audit_data_set(
    folder: Path, limit: float = LIMIT, size: int | None = None, kinds: Collection[str] = tuple(KINDS), seed: int = 1
) -> list[AuditFinding]:
    """Audit a rendered data set, or at least its first `size` samples in whole shards.

    Raises `BadDataSet`: the data set cannot be read, or is too small for a result.
    """
    rows = _first_shards(read_rows(folder), size)
    _refuse_too_few(rows)  # fail before minutes of work
    collected = {kind: _Samples() for kind in KINDS if kind in kinds}
    for shard in read_shards(folder, rows):
        for kind, samples in collected.items():
            for row, features in _features(kind, shard):
                samples.add(row, features)
    return [samples.finding(kind, limit, seed) for kind, samples in collected.items()]


def _refuse_too_few(rows: Collection[AuditRow], kind: str = "An audit") -> None:
    documents = len({row.document for row in rows})
    if documents < LEAST_DOCUMENTS or len({row.label for row in rows}) != 2:
        raise BadDataSet(f"{kind} needs {LEAST_DOCUMENTS} documents and both classes; {documents} are there.")


@dataclass(slots=True)
class _Samples:
    rows: list[AuditRow] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)

    def add(self, row: AuditRow, features: Features) -> None:
        self.rows.append(row)
        self.features.append(features)

    def finding(self, kind: str, limit: float, seed: int) -> AuditFinding:
        labels = np.array([row.label for row in self.rows])
        documents = np.array([row.document for row in self.rows], dtype=np.str_)
        _refuse_too_few(self.rows, kind)
        table = tabulate(self.features)
        scores = out_of_fold_scores(table.values, labels, documents, seed)
        area = metrics.auc(labels, scores)
        low, high = auc_interval(labels, scores, documents, seed, outside=_OUTSIDE)
        strongest = strongest_feature(table, labels)
        return AuditFinding(
            kind, area, (low, high), strongest, len(labels), len(set(documents)), area > limit and low > 0.5
        )


def _features(kind: str, shard: Shard) -> Iterator[tuple[AuditRow, Features]]:
    if kind in _OF_ROWS:
        yield from ((row, _OF_ROWS[kind](row)) for row in shard.rows)
    elif kind == "surroundings":
        yield from ((around.row, surroundings.features(around)) for around in surroundings.surroundings_of(shard))
    else:
        for row, crop in zip(shard.rows, shard.crops, strict=True):
            yield row, from_pixels.colour(crop) if kind == "colour" else _OF_RESPONSES[kind](responses(crop))


def _first_shards(rows: list[AuditRow], size: int | None) -> list[AuditRow]:
    if size is None or len(rows) <= size:
        return rows
    last = rows[size - 1].shard
    return [row for row in rows if row.shard <= last]
