"""Moves a model's thresholds to a team's own documents. Weights and calibration stay; a new card says what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from img_super.domain import Float64Array, Label
from img_super.figures import SetFigures
from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.evaluation.calibration import scores_of
from img_super.lab.evaluation.evaluate import MeasuredModel
from img_super.lab.evaluation.metrics import apcer
from img_super.lab.evaluation.policies import BAND, MAX_BPCER
from img_super.lab.evaluation.report import QUANTILES, score_quantiles
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import OwnDocuments
from img_super.lab.own_documents.small_samples import (
    BELL,
    MIN_DOCUMENTS,
    FewThreshold,
    Shape,
    Way,
    documents_needed,
    exact_interval,
    threshold_from_few,
)
from img_super.model_card import Lineage, ModelCard, Policy, PolicyName

OWN: Final = "own_documents"
"""The name of the team's own documents among a card's figures."""

_TIMES: Final = {name: bound / MAX_BPCER[PolicyName.BALANCED] for name, bound in MAX_BPCER.items()}
"""How many times the wanted BPCER each policy may have, as among the shipped ones."""

_MOST: Final = 0.5
_CANDIDATES: Final = np.geomspace(0.002, 0.4, 60)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the threshold is for."""

    bpcer: float | None  # the share of genuine documents that may be rejected; None where costs decide
    cost_ratio: float | None = None  # what a missed attack costs, in false alarms
    attack_share: float = 0.01  # of all documents that come, the share of attacks; counts with `cost_ratio` only


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """The new card, and what was done, one sentence an entry."""

    card: ModelCard
    sentences: tuple[str, ...]


def lineage_of(step: str, parent: MeasuredModel, team: OwnDocuments) -> Lineage:
    """Where a model comes from, without a photo or the name of one."""
    counts = {label.name.lower(): team.count(label) for label in Label}
    counts["documents"] = len(np.unique(team.documents))
    sha256 = parent.card.files[parent.file].sha256
    return Lineage(step, parent.title, sha256, counts, team.fingerprint())


def recalibrate(model: MeasuredModel, team: OwnDocuments, wish: Wish, version: str, threads: int = 1) -> Recalibrated:
    """Choose the thresholds of all policies on the team's own genuine documents.

    Raises `BadLabels`: there are fewer than ten genuine documents, or costs are to decide and there are no attacks.
    """
    answers = answers_of(model.weights, [crop.crop for crop in team.crops], threads)
    scores = scores_of(model.card.calibration, answers.logits)
    chooser = _Chooser.of(model.card, team, scores)
    bpcer = chooser.cheapest(wish) if wish.bpcer is None else wish.bpcer
    policies = {name: chooser.policy(min(_MOST, bpcer * times)) for name, times in _TIMES.items()}
    balanced = policies[PolicyName.BALANCED]
    few_threshold = chooser.threshold(bpcer)
    card = msgspec.structs.replace(
        model.card,
        version=version,
        created=datetime.now(UTC).date().isoformat(),
        threshold=balanced.threshold,
        undetermined=balanced.undetermined,
        policies=policies,
        figures={**model.card.figures, OWN: _figures(team, scores, few_threshold, balanced.threshold)},
        lineage=lineage_of("calibrated", model, team),
    )
    own_scores = _Scores(scores[team.labels == 0], scores[team.labels == 1])
    return Recalibrated(card, (*_why(wish, bpcer), *_what(model.card, card, own_scores, few_threshold, chooser)))


def log_odds(scores: Float64Array) -> Float64Array:
    """On this scale scores near 0 and 1 lie as far apart as their logits do."""
    inside = scores.clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def genuine_shape(card: ModelCard) -> Shape:
    """The shape of genuine scores' log-odds on the model's validation; a bell where its card does not tell."""
    quantiles = card.genuine_quantiles(GENERATED)
    return Shape.of(log_odds(np.array(quantiles)).tolist(), QUANTILES) if quantiles else BELL


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Log-odds of the team's own scores; `documents` counts the different genuine documents."""

    genuine: Float64Array
    attack: Float64Array
    documents: int
    shape: Shape

    @classmethod
    def of(cls, card: ModelCard, own_documents: OwnDocuments, scores: Float64Array) -> _Chooser:
        documents = len(np.unique(own_documents.documents[own_documents.labels == 0]))
        if documents < MIN_DOCUMENTS:
            raise BadLabels(f"There are {documents} different genuine documents; at least {MIN_DOCUMENTS} are needed.")
        odds = log_odds(scores)
        return cls(odds[own_documents.labels == 0], odds[own_documents.labels == 1], documents, genuine_shape(card))

    def threshold(self, bpcer: float) -> FewThreshold:
        return threshold_from_few(self.genuine, bpcer, self.documents, self.shape)

    def policy(self, bpcer: float) -> Policy:
        threshold, low, high = (_as_score(self.threshold(min(_MOST, bpcer * times)).value) for times in (1.0, *BAND))
        return Policy(threshold, (min(low, threshold), max(high, threshold)), round(bpcer, 4))

    def cheapest(self, wish: Wish) -> float:
        """The BPCER at which false alarms and missed attacks together cost least, by the team's own attacks."""
        if not len(self.attack):
            raise BadLabels("A ratio of costs needs attacks, too: name them with --attack, or give --bpcer.")
        alarm, miss = 1 - wish.attack_share, wish.attack_share * (wish.cost_ratio or 1)

        def cost(bpcer: float) -> float:
            return alarm * bpcer + miss * float(np.mean(self.attack < self.threshold(bpcer).value))

        return float(min(_CANDIDATES, key=cost))


def _as_score(odds: float) -> float:
    """Rounded up to four digits, and never 1, so that something can always reach it."""
    return float(min(0.9999, np.ceil(1e4 / (1 + np.exp(-odds))) / 1e4))


@dataclass(frozen=True, slots=True)
class _Scores:
    """The team's own scores."""

    genuine: Float64Array
    attack: Float64Array

    def old(self, threshold: float) -> str:
        """What a threshold does that was not chosen on them, with exact intervals for new photos."""
        return " and ".join(
            f"{does} {hits} of {total} {kind} ({hits / total:.1%}; {low:.1%} to {high:.1%} of new ones)"
            for does, hits, total, kind in self._shares(threshold)
            for low, high in [exact_interval(hits, total)]
        )

    def new(self, threshold: float) -> str:
        """What a threshold does that was chosen on them, which promises less of new photos."""
        return " and ".join(f"{does} {hits} of {total} {kind}" for does, hits, total, kind in self._shares(threshold))

    def _shares(self, threshold: float) -> Iterator[tuple[str, int, int, str]]:
        yield "rejects", int((self.genuine >= threshold).sum()), len(self.genuine), "genuine photos"
        if len(self.attack):
            yield "misses", int((self.attack < threshold).sum()), len(self.attack), "attacks"


def _figures(team: OwnDocuments, scores: Float64Array, threshold: FewThreshold, score_threshold: float) -> SetFigures:
    attacks = scores[team.labels == 1]
    low, high = threshold.reached_bpcer
    return SetFigures(
        bona_fide=team.count(Label.BONA_FIDE),
        attacks=len(attacks),
        documents=len(np.unique(team.documents)),
        wanted_bpcer=round(threshold.wanted_bpcer, 4),
        bpcer_between=(round(low, 4), round(high, 4)),
        way=threshold.way.value,
        apcer=round(apcer(attacks, score_threshold), 4) if len(attacks) else None,
        score_quantiles=score_quantiles(team.labels, scores),
        quality=team.quality_shares(),
    )


def _why(wish: Wish, bpcer: float) -> list[str]:
    if wish.cost_ratio is None:
        return []
    return [
        f"A missed attack costs as much as {wish.cost_ratio:g} false alarms, and {wish.attack_share:.2%} of the "
        f"documents are attacks: with your attacks, it is cheapest to reject {bpcer:.1%} of the genuine documents."
    ]


def _what(before: ModelCard, after: ModelCard, team: _Scores, threshold: FewThreshold, chooser: _Chooser) -> list[str]:
    low, high = threshold.reached_bpcer
    bpcer = threshold.wanted_bpcer
    explanations = {
        Way.RANK: "a rank of your own scores, whatever their distribution",
        Way.SHAPE: "based on the mean and spread of your own scores, assuming the distribution of the model's "
        "validation, because there are too few for a rank",
    }
    lines = [
        f"The old threshold {before.threshold:.4f} {team.old(before.threshold)}.",
        f"The new threshold {after.threshold:.4f} {team.new(after.threshold)}, on which it was chosen.",
        f"It should reject {bpcer:.1%} of genuine documents like these; it is {explanations[threshold.way]}.",
        f"With {chooser.documents} different genuine documents ({len(chooser.genuine)} photos), the share "
        f"that it really rejects lies between {low:.1%} and {high:.1%} in 90 of 100 such draws.",
    ]  # fmt: skip
    if high > 2 * bpcer:
        needed = documents_needed(bpcer, 2 * bpcer)
        lines.append(f"To be sure of at most {2 * bpcer:.1%}, collect {needed:,} different genuine documents.")
    return lines
