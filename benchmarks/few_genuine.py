"""How far the actual BPCER is from the target if a threshold was chosen on few genuine documents.

    PYTHONPATH=src python -m benchmarks.few_genuine --data <crops of img-super synthesize> [--draws 200]

Draws genuine documents from a data set, chooses a threshold like `img-super calibrate`, and counts its rejections of
the other documents. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from img_super.lab.dataset.crops import read_crops
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.evaluation.calibration import scores_of
from img_super.lab.evaluation.evaluate import MeasuredModel
from img_super.lab.own_documents.recalibration import genuine_shape, log_odds
from img_super.lab.own_documents.small_samples import BELL, Shape, threshold_from_few
from img_super.pipeline.load import SHIPPED_MODEL

WANTED = (0.10, 0.05, 0.01)
DOCUMENTS = (10, 50)


def draw(
    genuine: npt.NDArray[np.float64], documents: int, wanted: float, draws: int, shape: Shape = BELL, seed: int = 1
) -> dict[str, Any]:
    """What thresholds from so many of the genuine values (log-odds of scores) reject of the others."""
    reached, inside = [], []
    for number in range(draws):
        order = np.random.default_rng([seed, number]).permutation(len(genuine))
        few, rest = genuine[order[:documents]], genuine[order[documents:]]
        found = threshold_from_few(few, wanted, documents, shape)
        reached.append(float(np.mean(rest >= found.value)))
        inside.append(found.reached_bpcer[0] <= reached[-1] <= found.reached_bpcer[1])
    low, middle, high = np.quantile(reached, (0.05, 0.5, 0.95))
    return {
        "documents": documents, "wanted_bpcer": wanted, "way": found.way.value,
        "reached_mean": round(float(np.mean(reached)), 4), "reached_median": round(float(middle), 4),
        "reached_5_to_95": [round(float(low), 4), round(float(high), 4)],
        "promised": [round(end, 4) for end in found.reached_bpcer], "promise_kept": round(float(np.mean(inside)), 3),
    }  # fmt: skip


def main() -> None:
    """Print a table and the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=SHIPPED_MODEL)
    parser.add_argument("--draws", type=int, default=200)
    given = parser.parse_args()
    crops = read_crops(given.data)
    model = MeasuredModel.read(given.model)
    logits = answers_of(model.weights, crops.crops[crops.labels == 0]).logits
    genuine, shape = log_odds(scores_of(model.card.calibration, logits)), genuine_shape(model.card)
    rows = [draw(genuine, documents, wanted, given.draws, shape) for documents in DOCUMENTS for wanted in WANTED]
    for row in rows:
        low, high = row["reached_5_to_95"]
        told = f"{row['documents']:3} documents, wanted {row['wanted_bpcer']:.0%}: reached {row['reached_mean']:.1%}"
        print(f"{told} ({low:.1%} to {high:.1%}) by {row['way']}, promise kept in {row['promise_kept']:.0%}")
    print(json.dumps({"genuine": len(genuine), "shape_known": shape is not BELL, "draws": given.draws, "rows": rows}))


if __name__ == "__main__":
    main()
