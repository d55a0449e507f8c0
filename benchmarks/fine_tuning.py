"""What fine-tuning gains on documents that it has not seen: the shipped network beside the tuned ones, cross-validated.

    PYTHONPATH=src python -m benchmarks.fine_tuning --generated mixed-in --team country [--team other] [--seeds 3]
        [--real DATA/real-captures --real DATA/real-bases --portraits DATA/portraits-cc0]

A team is a folder of `img-super synthesize` of the network's side; all real captures and the forgeries that evaluation
makes of them are one more. Each seed parts the documents anew. Intervals hold 95 % of draws of documents, of the first
seed. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from img_super.domain import Int64Array, Label
from img_super.lab.dataset.crops import CropSet, read_crops
from img_super.lab.dataset.forged_photos import ForgedCrop
from img_super.lab.dataset.real_captures import real_crops
from img_super.lab.evaluation.report import Scored
from img_super.lab.own_documents.compare import compare
from img_super.lab.own_documents.fine_tune import own_crops
from img_super.lab.own_documents.logit_probe import fine_tune_head, looking_only, see
from img_super.lab.own_documents.read import OwnCrop, OwnDocuments
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.validator.saved_network import open_network

FOLDS = 4


def measured(name: str, team: CropSet, generated: CropSet, weights: Path, seeds: Iterable[int]) -> dict[str, Any]:
    """AUC and EER before, and after by seed; `weights`: the `.keras` file to tune."""
    before = _scored(team, see(looking_only(open_network(weights)), team).logits)
    comparisons, began = [], time.monotonic()
    for seed in seeds:
        with TemporaryDirectory() as out:
            tuned = fine_tune_head(team, generated, weights, Path(out), FOLDS, seed=seed)
        comparisons.append(compare(name, before, _scored(team, tuned.logits)))
        print(comparisons[-1].in_words(), flush=True)
    first = comparisons[0]
    return {
        "team": name, "photos": first.samples, "documents": first.documents,
        "auc": [first.auc[0], *(found.auc[1] for found in comparisons)],
        "eer": [first.eer[0], *(found.eer[1] for found in comparisons)],
        "auc_gain": first.auc_gain, "eer_gain": first.eer_gain,
        "seconds": round((time.monotonic() - began) / len(comparisons)),
    }  # fmt: skip


def _scored(team: CropSet, logits: Any) -> Scored:
    labels: Int64Array = team.labels.astype(np.int64)
    return Scored(labels, team.species, team.documents, logits)


def _team_of(forged: Iterable[ForgedCrop]) -> CropSet:
    crops = [OwnCrop("", "", Label(bool(one.species)), one.species, one.document, one.crop) for one in forged]
    return own_crops(OwnDocuments(tuple(crops), ()))


def _real_team(folders: list[Path], portraits: Path, side_px: int) -> CropSet:
    return _team_of(
        crop for choosing in (True, False) for crop in real_crops(folders, portraits, side_px, choosing=choosing)
    )


def main() -> None:
    """Print a line a team and seed, and the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", type=Path, required=True)
    parser.add_argument("--team", type=Path, action="append", default=[])
    parser.add_argument("--real", type=Path, action="append", default=[])
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--weights", type=Path, default=SHIPPED_MODEL / "portrait_validator.keras")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    generated, seeds = read_crops(given.generated), range(8, 8 + given.seeds)
    rows = [measured(str(team), read_crops(team), generated, given.weights, seeds) for team in given.team]
    if given.real:
        side_px = open_network(given.weights).inputs[0].shape[1]
        team = _real_team(given.real, given.portraits, side_px)
        rows.append(measured("real captures", team, generated, given.weights, seeds))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
