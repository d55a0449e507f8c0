"""From a fine-tuned network to a model beside its parent: exported, calibrated on both kinds of documents, compared."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from img_super.domain import Label
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.measured_sets import spread
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.evaluation.calibration import scores_of
from img_super.lab.evaluation.evaluate import MeasuredModel
from img_super.lab.evaluation.report import Scored, figures
from img_super.lab.own_documents.compare import (
    Advice,
    ModelComparison,
    Rejected,
    advice,
    advice_without_attacks,
    compare,
)
from img_super.lab.own_documents.read import OwnDocuments
from img_super.lab.own_documents.recalibration import OWN, lineage_of
from img_super.lab.shipping.card import About, Validation
from img_super.lab.shipping.export import REPRESENTATIVE_CROPS
from img_super.lab.shipping.ship import ship
from img_super.model_card import ModelCard, write_card

REPORT_FILE: Final = "report.json"
_EXCHANGED: Final = "portraits exchanged among your photos, no real attacks"


@dataclass(frozen=True, slots=True)
class ShippedTuned:
    """The tuned model's card, and the two models side by side."""

    card: ModelCard
    # On the team's own photos; without attacks among them, only how many of them are rejected.
    own: ModelComparison | Rejected
    validation: ModelComparison
    # On portraits exchanged among the team's own photos, each judged by who had not seen it; None where real attacks
    # can be judged.
    exchanged: ModelComparison | None = None

    @property
    def advice(self) -> Advice:
        """Whether to promote."""
        if isinstance(self.own, ModelComparison):
            return advice(self.own, self.validation)
        return advice_without_attacks(self.exchanged, self.validation)

    def sentences(self) -> tuple[str, ...]:
        """What a person should read."""
        compared = (self.own, self.exchanged, self.validation)
        return (*(comparison.in_words() for comparison in compared if comparison is not None), self.advice.sentence)

    def as_json(self) -> dict[str, Any]:
        return {
            "model": self.card.title,
            "own_documents": self.own,
            "exchanged_portraits": self.exchanged,
            "shipped_validation": self.validation,
            "verdict": self.own.verdict if isinstance(self.own, ModelComparison) else None,
            "advice": self.advice.sentence,
        }


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """The team's own photos as crops, and what networks that had not seen their documents said of them.

    `exchanged`: logits before and after of portraits exchanged among the photos (`exchanges`), if any.
    """

    documents: OwnDocuments
    crops: CropSet
    logits: npt.NDArray[np.float64]
    exchanged: tuple[Scored, Scored] | None = None

    def scored(self, scores: npt.NDArray[np.float64]) -> Scored:
        return Scored(self.crops.labels.astype(np.int64), self.crops.species, self.crops.documents, scores)


def ship_tuned(
    parent: MeasuredModel,  # what it was tuned from
    trained: Path,  # the `.keras` file
    team: OwnAnswers,  # by networks of the cross-validation
    validation: CropSet,  # the shipped validation's crops
    folder: Path,  # becomes the model's folder
    version: str,
    threads: int = 1,
) -> ShippedTuned:
    """Export the tuned network into `folder`, choose its thresholds on both kinds of documents, compare it."""
    genuine, attack = (team.documents.count(label) for label in Label)
    pairs = "" if team.exchanged is None else f", and {team.exchanged[0].labels.sum()} exchanged portraits made of them"
    learned = f"Fine-tuned on a team's own documents, {genuine} genuine and {attack} superimposed photos{pairs}."
    about = About(parent.card.name, f"{parent.card.data} {learned}", parent.card.limits, parent.card.terms)
    representative = team.crops.crops[spread(len(team.crops.rows), REPRESENTATIVE_CROPS)]
    answered = Validation(team.scored(team.logits))
    card = ship(trained, folder, validation, version, representative=representative, about=about, own=(OWN, answered))
    measured = figures(answered.scored(card.calibration), card.threshold)
    measured = msgspec.structs.replace(measured, quality=team.documents.quality_shares())
    card = msgspec.structs.replace(
        card, figures={**card.figures, OWN: measured}, lineage=lineage_of("fine_tuned", parent, team.documents)
    )
    write_card(card, folder)
    return _compared(parent, MeasuredModel.read(folder), card, team, validation, threads)


def _compared(
    parent: MeasuredModel, tuned: MeasuredModel, card: ModelCard, team: OwnAnswers, validation: CropSet, threads: int
) -> ShippedTuned:
    before, after = team.scored(answers_of(parent.weights, team.crops.crops, threads).logits), team.scored(team.logits)
    labels = validation.labels.astype(np.int64)
    parent_scored, tuned_scored = (
        Scored(labels, validation.species, validation.documents, scores_of(model.card.calibration, logits))
        for model in (parent, tuned)
        for logits in [answers_of(model.weights, validation.crops, threads).logits]
    )
    name, shipped_validation = "your documents", compare("shipped validation", parent_scored, tuned_scored)
    if after.has_attacks:
        return ShippedTuned(card, compare(name, before, after), shipped_validation)
    reject = [
        scores_of(model_card.calibration, logits.scores) >= model_card.threshold
        for model_card, logits in ((parent.card, before), (card, after))
    ]
    exchanged = None if team.exchanged is None else compare(_EXCHANGED, *team.exchanged)
    return ShippedTuned(card, Rejected.of(name, after.documents, *reject), shipped_validation, exchanged)
