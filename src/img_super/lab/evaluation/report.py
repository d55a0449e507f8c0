"""Computes a card's figures from labels, species and scores."""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from img_super.domain import BoolArray, Float64Array, FloatMap, Int64Array, StrArray, UInt8Array
from img_super.figures import Figure, Localisation, ScoreQuantiles, SetFigures, SpeciesFigures
from img_super.lab.evaluation import metrics, reliability, resampling
from img_super.lab.evaluation.localisation import localisation_figures
from img_super.lab.evaluation.resampling import Curves

QUANTILES: Final = (0.0, 0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored data set: label (0, 1), species (empty if genuine), document and score of each sample."""

    labels: Int64Array
    species: StrArray
    documents: StrArray
    scores: Float64Array
    heat_maps: FloatMap | None = None  # float32 [n, height, width]; 0 x 0 if the network has none
    masks: UInt8Array | None = None  # uint8 [n, side, side], 255 where something was laid over; None if unknown

    @property
    def genuine(self) -> Float64Array:
        return np.asarray(self.scores[self.labels == 0])

    @property
    def has_attacks(self) -> bool:
        return bool((self.labels == 1).any())

    @property
    def attack_species(self) -> list[str]:
        """Each species once, by name."""
        return sorted(set(self.species.tolist()) - {""})


def figures(scored: Scored, threshold: float) -> SetFigures:
    """All figures of one data set at one threshold, with 95 % intervals by document.

    Without attacks: the share of rejected genuine documents, and their score distribution.
    """
    labels, scores = scored.labels, scored.scores
    weights = resampling.drawn_weights(scored.documents)
    genuine = SetFigures(
        bona_fide=int((labels == 0).sum()),
        attacks=int((labels == 1).sum()),
        documents=len(np.unique(scored.documents)),
        bpcer=bpcer_figure(scored, threshold, weights),
        score_quantiles=score_quantiles(labels, scores),
    )
    if not scored.has_attacks:
        return genuine
    ranking = resampling.Ranking.of(labels, scores, weights)
    eer = ranking.figure(Curves.equal_error_rate)
    bpcer_at_apcer = ranking.by_level(Curves.bpcer_at_apcer, metrics.APCER_LEVELS)
    species = {name: _of_species(scored, name, threshold, weights) for name in scored.attack_species}
    return msgspec.structs.replace(
        genuine,
        auc=ranking.figure(Curves.auc),
        eer=eer.value,
        eer_interval_95=eer.interval_95,
        bpcer_at_apcer={level: figure.value for level, figure in bpcer_at_apcer.items()},
        bpcer_at_apcer_interval_95={level: figure.interval_95 for level, figure in bpcer_at_apcer.items()},
        tpr_at_fpr_1=ranking.figure(Curves.tpr_at_fpr, 0.01),
        apcer_at_bpcer=ranking.by_level(Curves.apcer_at_bpcer, metrics.BPCER_LEVELS),
        freuid=ranking.figure(Curves.freuid),
        apcer=apcer_figure(scored, labels == 1, threshold, weights),
        ece=resampling.figure(
            reliability.reliability(labels, scores).ece, reliability.expected_calibration_error(labels, scores, weights)
        ),
        median_score_bona_fide=round(float(np.median(scored.genuine)), resampling.DIGITS),
        species=species,
        worst_species=max(species, key=lambda name: species[name].apcer.value, default=""),
        localisation=_where(scored, weights),
    )


def score_quantiles(labels: Int64Array, scores: Float64Array) -> ScoreQuantiles:
    """The scores below which `QUANTILES` of each class lie."""
    genuine, attack = (
        tuple(np.quantile(of_class, QUANTILES).round(6).tolist()) if len(of_class) else ()
        for of_class in (scores[labels == 0], scores[labels == 1])
    )
    return ScoreQuantiles(genuine, attack)


def bpcer_figure(scored: Scored, threshold: float, weights: resampling.Weights) -> Figure:
    """The share of genuine documents that reach the threshold."""
    genuine = scored.labels == 0
    return resampling.figure(
        metrics.bpcer(scored.genuine, threshold), resampling.mean(scored.genuine >= threshold, weights[:, genuine])
    )


def apcer_figure(scored: Scored, attacks: BoolArray, threshold: float, weights: resampling.Weights) -> Figure:
    """The share of these attacks below the threshold."""
    scores = scored.scores[attacks]
    return resampling.figure(metrics.apcer(scores, threshold), resampling.mean(scores < threshold, weights[:, attacks]))


def _of_species(scored: Scored, name: str, threshold: float, weights: resampling.Weights) -> SpeciesFigures:
    attacks = scored.species == name
    keep = (scored.labels == 0) | attacks
    labels, scores = scored.labels[keep], scored.scores[keep]
    ranking = resampling.Ranking.of(labels, scores, weights[:, keep])
    return SpeciesFigures(
        int(attacks.sum()),
        ranking.figure(Curves.auc),
        apcer_figure(scored, attacks, threshold, weights),
        ranking.figure(Curves.equal_error_rate),
    )


def _where(scored: Scored, weights: resampling.Weights) -> Localisation | None:
    if scored.masks is None or scored.heat_maps is None or not scored.heat_maps.size:
        return None
    attack = scored.labels == 1
    return localisation_figures(
        scored.heat_maps[attack], scored.masks[attack], scored.species[attack], weights[:, attack]
    )
