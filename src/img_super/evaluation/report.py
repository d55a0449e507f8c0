"""From labels, species and scores to the figures that a card holds and a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from img_super.evaluation import metrics

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Scored:
    """A judged data set: label (0, 1), species (empty when genuine), document and score of each sample."""

    labels: npt.NDArray[np.int64]
    species: npt.NDArray[np.str_]
    documents: npt.NDArray[np.str_]
    scores: npt.NDArray[np.float64]


def figures(scored: Scored, threshold: float, seed: int = 1) -> dict[str, Any]:
    """AUC, EER, BPCER at APCER levels; BPCER and APCER by species at the threshold; 95 % intervals."""
    labels, scores = scored.labels, scored.scores
    genuine = scores[labels == 0]
    return {
        "bona_fide": int((labels == 0).sum()),
        "attacks": int((labels == 1).sum()),
        "documents": len(np.unique(scored.documents)),
        "auc": _with_interval(lambda at: metrics.auc(labels[at], scores[at]), scored, seed),
        "eer": round(metrics.equal_error_rate(labels, scores), _DIGITS),
        "bpcer_at_apcer": {
            f"{level:.0%}": round(metrics.bpcer_at_apcer(labels, scores, level), _DIGITS)
            for level in metrics.APCER_LEVELS
        },
        "bpcer": _with_interval(lambda at: metrics.bpcer(scores[at][labels[at] == 0], threshold), scored, seed),
        "median_score_bona_fide": round(float(np.median(genuine)), _DIGITS),
        "species": {name: _of_species(scored, name, threshold, seed) for name in sorted(set(scored.species) - {""})},
    }


def _of_species(scored: Scored, name: str, threshold: float, seed: int) -> dict[str, Any]:
    keep = (scored.labels == 0) | (scored.species == name)
    part = Scored(scored.labels[keep], scored.species[keep], scored.documents[keep], scored.scores[keep])
    labels, scores = part.labels, part.scores
    return {
        "attacks": int((labels == 1).sum()),
        "auc": _with_interval(lambda at: metrics.auc(labels[at], scores[at]), part, seed),
        "apcer": _with_interval(lambda at: metrics.apcer(scores[at][labels[at] == 1], threshold), part, seed),
    }


def _with_interval(statistic: Any, scored: Scored, seed: int) -> dict[str, Any]:
    value = statistic(np.arange(len(scored.labels)))
    low, high = metrics.clustered_interval(statistic, scored.documents, seed)
    return {"value": round(value, _DIGITS), "interval_95": [round(low, _DIGITS), round(high, _DIGITS)]}


def rows_of(name: str, found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """A data set's figures as lines of a table: what, value, interval."""
    lines = [(f"{name}: AUC", *_texts(found["auc"])), (f"{name}: BPCER", *_texts(found["bpcer"]))]
    lines.append((f"{name}: EER", f"{found['eer']:.3f}", ""))
    lines += [
        (f"{name}: BPCER at APCER {level}", f"{value:.3f}", "") for level, value in found["bpcer_at_apcer"].items()
    ]
    for species, of in found["species"].items():
        lines.append((f"{name}: {species} AUC", *_texts(of["auc"])))
        lines.append((f"{name}: {species} APCER", *_texts(of["apcer"])))
    return lines


def _texts(figure: dict[str, Any]) -> tuple[str, str]:
    low, high = figure["interval_95"]
    return f"{figure['value']:.3f}", f"{low:.3f} to {high:.3f}"
