"""From labels, species and scores to the figures that a card holds and a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from img_super.domain import FloatMap, Label, UInt8Array
from img_super.lab.evaluation import metrics, reliability, resampling
from img_super.lab.evaluation.localisation import localisation_figures

_DIGITS = 4
FPR_LEVEL: Final = 0.01
QUANTILES: Final = (0.0, 0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99, 1.0)

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """A judged data set: label (0, 1), species (empty when genuine), document and score of each sample.

    Attributes:
        heat_maps: float32 [n, height, width]; 0 x 0 each when the network has none.
        masks: uint8 [n, side, side], 255 where something was laid over; None when nobody knows.
    """

    labels: npt.NDArray[np.int64]
    species: npt.NDArray[np.str_]
    documents: npt.NDArray[np.str_]
    scores: npt.NDArray[np.float64]
    heat_maps: FloatMap | None = None
    masks: UInt8Array | None = None

    @property
    def genuine(self) -> npt.NDArray[np.float64]:
        return np.asarray(self.scores[self.labels == 0])

    @property
    def has_attacks(self) -> bool:
        return bool((self.labels == 1).any())


def figures(scored: Scored, threshold: float, seed: int = 1) -> Figures:
    """All figures of one data set at one threshold, with 95 % intervals by document.

    Ranking: `auc`, `eer`, `bpcer_at_apcer`, `tpr_at_fpr_1`. At the threshold: `bpcer`, `apcer`, by `species` and the
    `worst_species`. Calibration: `ece`. Where: `localisation`, when map and masks are known.
    """
    labels, scores = scored.labels, scored.scores
    weights = resampling.drawn_weights(scored.documents, seed)
    curves = resampling.Curves.of(labels, scores, weights)
    levels = {f"{level:.0%}": level for level in metrics.APCER_LEVELS}
    names = sorted(set(scored.species.tolist()) - {""})
    species = {name: _of_species(scored, name, threshold, weights) for name in names}
    found = {
        "bona_fide": int((labels == 0).sum()),
        "attacks": int((labels == 1).sum()),
        "documents": len(np.unique(scored.documents)),
        "auc": _figure(metrics.auc(labels, scores), curves.auc()),
        "eer": round(metrics.equal_error_rate(labels, scores), _DIGITS),
        "eer_interval_95": _rounded(curves.equal_error_rate()),
        "bpcer_at_apcer": {
            name: round(metrics.bpcer_at_apcer(labels, scores, level), _DIGITS) for name, level in levels.items()
        },
        "bpcer_at_apcer_interval_95": {name: _rounded(curves.bpcer_at_apcer(level)) for name, level in levels.items()},
        "tpr_at_fpr_1": _figure(metrics.tpr_at_fpr(labels, scores, FPR_LEVEL), curves.tpr_at_fpr(FPR_LEVEL)),
        **at_threshold(scored, threshold, weights),
        "ece": _figure(
            reliability.reliability(labels, scores).ece,
            reliability.expected_calibration_error(labels, scores, weights),
        ),
        "median_score_bona_fide": round(float(np.median(scored.genuine)), _DIGITS),
        "score_quantiles": score_quantiles(labels, scores),
        "species": species,
        "worst_species": max(species, key=lambda name: float(species[name]["apcer"]["value"]), default=""),
    }
    return found | _where(scored, weights)


def genuine_figures(scored: Scored, threshold: float, seed: int = 1) -> Figures:
    """What can be told where there are no attacks: how many genuine documents are rejected, and their scores."""
    weights = resampling.drawn_weights(scored.documents, seed)
    return {
        "bona_fide": len(scored.labels),
        "attacks": 0,
        "documents": len(np.unique(scored.documents)),
        "bpcer": at_threshold(scored, threshold, weights)["bpcer"],
        "score_quantiles": score_quantiles(scored.labels, scored.scores),
    }


def score_quantiles(labels: npt.NDArray[np.int64], scores: npt.NDArray[np.float64]) -> dict[str, list[float]]:
    """The scores below which `QUANTILES` of each class lie: the shape that later scores are compared with."""
    return {
        label.name.lower(): np.quantile(scores[labels == label], QUANTILES).round(_DIGITS + 2).tolist()
        for label in Label
        if (labels == label).any()
    }


def at_threshold(scored: Scored, threshold: float, weights: resampling.Weights) -> Figures:
    """`bpcer` and `apcer` of all species together."""
    genuine, attack = scored.labels == 0, scored.labels == 1
    scores = scored.scores
    return {
        "bpcer": _figure(
            metrics.bpcer(scores[genuine], threshold),
            resampling.mean(scores[genuine] >= threshold, weights[:, genuine]),
        ),
        "apcer": _figure(
            metrics.apcer(scores[attack], threshold), resampling.mean(scores[attack] < threshold, weights[:, attack])
        ),
    }


def _of_species(scored: Scored, name: str, threshold: float, weights: resampling.Weights) -> Figures:
    keep = (scored.labels == 0) | (scored.species == name)
    labels, scores, kept = scored.labels[keep], scored.scores[keep], weights[:, keep]
    attack = labels == 1
    return {
        "attacks": int(attack.sum()),
        "auc": _figure(metrics.auc(labels, scores), resampling.Curves.of(labels, scores, kept).auc()),
        "apcer": _figure(
            metrics.apcer(scores[attack], threshold), resampling.mean(scores[attack] < threshold, kept[:, attack])
        ),
    }


def _where(scored: Scored, weights: resampling.Weights) -> Figures:
    if scored.masks is None or scored.heat_maps is None or not scored.heat_maps.size:
        return {}
    attack = scored.labels == 1
    found = localisation_figures(
        scored.heat_maps[attack], scored.masks[attack], scored.species[attack], weights[:, attack]
    )
    return {"localisation": found}


def _figure(value: float, draws: resampling.Values) -> Figures:
    return {"value": round(value, _DIGITS), "interval_95": _rounded(draws)}


def _rounded(draws: resampling.Values) -> list[float]:
    return [round(end, _DIGITS) for end in resampling.interval(draws)]


def rows_of(name: str, found: Figures) -> list[tuple[str, str, str]]:
    """A data set's figures as lines of a table: what, value, interval."""
    lines = [(f"{name}: {what}", *_texts(found[key])) for what, key in _ONE_LINERS.items() if key in found]
    lines.insert(1, (f"{name}: EER", f"{found['eer']:.3f}", _span(found["eer_interval_95"])))
    for level, value in found["bpcer_at_apcer"].items():
        span = _span(found["bpcer_at_apcer_interval_95"][level])
        lines.append((f"{name}: BPCER at APCER {level}", f"{value:.3f}", span))
    for species, of in found["species"].items():
        worst = " (worst)" if species == found["worst_species"] else ""
        lines.append((f"{name}: {species} AUC", *_texts(of["auc"])))
        lines.append((f"{name}: {species} APCER{worst}", *_texts(of["apcer"])))
    if "localisation" in found:
        lines.append((f"{name}: heat map IoU", *_texts(found["localisation"]["iou"])))
        lines.append((f"{name}: heat map peak inside", *_texts(found["localisation"]["peak_inside"])))
    return lines


_ONE_LINERS: Final = {
    "AUC": "auc",
    "BPCER": "bpcer",
    "APCER": "apcer",
    "TPR at 1 % FPR": "tpr_at_fpr_1",
    "ECE": "ece",
}


def _texts(figure: Figures) -> tuple[str, str]:
    return f"{figure['value']:.3f}", _span(figure["interval_95"])


def _span(ends: list[float]) -> str:
    low, high = ends
    return f"{low:.3f} to {high:.3f}"
