"""Two models on the same samples: which one ranks better, and is that more than chance?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from img_super.lab.evaluation import resampling
from img_super.lab.evaluation.report import Scored
from img_super.lab.own_documents.small_samples import exact_interval

Array = npt.NDArray[np.generic]

FORGETS: Final = 0.01
"""Of AUC on the shipped validation: who loses more has forgotten."""


class Outcome(StrEnum):
    """What can be said of the second model beside the first."""

    BETTER = "better"
    SAME = "the same"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """Two models on one set; intervals hold 95 % of draws of documents, the same draws for both."""

    name: str
    samples: int
    documents: int
    # auc, eer: of the first and of the second
    auc: tuple[float, float]
    eer: tuple[float, float]
    # auc_gain, eer_gain: between which two values the second one's gain lies; positive is better
    auc_gain: tuple[float, float]
    eer_gain: tuple[float, float]

    @property
    def verdict(self) -> Outcome:
        if self.auc_gain[0] > 0:
            return Outcome.BETTER
        return Outcome.WORSE if self.auc_gain[1] < 0 else Outcome.SAME

    def in_words(self) -> str:
        """One line for a person."""
        (auc, other_auc), (eer, other_eer) = self.auc, self.eer
        return (
            f"{self.name} ({self.samples} photos, {self.documents} documents): AUC {auc:.3f} -> {other_auc:.3f} "
            f"(gain {self.auc_gain[0]:+.3f} to {self.auc_gain[1]:+.3f}), EER {eer:.1%} -> {other_eer:.1%} "
            f"(gain {self.eer_gain[0]:+.1%} to {self.eer_gain[1]:+.1%}): {self.verdict.value}"
        )


def compare(name: str, before: Scored, after: Scored) -> ModelComparison:
    """Compare two models' scores (or logits) of the same samples, which must have both classes."""
    draws = resampling.drawn_weights(before.documents)
    first, second = (resampling.Ranking.of(scored.labels, scored.scores, draws) for scored in (before, after))
    return ModelComparison(
        name, len(before.labels), len(np.unique(before.documents)),
        (float(first.exact.auc()[0]), float(second.exact.auc()[0])),
        (float(first.exact.equal_error_rate()[0]), float(second.exact.equal_error_rate()[0])),
        resampling.interval(second.drawn.auc() - first.drawn.auc()),
        resampling.interval(first.drawn.equal_error_rate() - second.drawn.equal_error_rate()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rejected:
    """Genuine documents, no attack among them, at two models' thresholds: how many photos each rejects."""

    name: str
    photos: int
    documents: int
    rejected: tuple[int, int]

    @classmethod
    def of(cls, name: str, documents: Array, rejected_before: Array, rejected_after: Array) -> Rejected:
        """`rejected_before` and `rejected_after` say of each photo whether the model rejects it."""
        return cls(
            name, len(documents), len(np.unique(documents)), (int(rejected_before.sum()), int(rejected_after.sum()))
        )

    def in_words(self) -> str:
        """One line for a person. Exact intervals, of photos: those of one document count as if they were several."""
        before, after = (f"{hits} ({hits / self.photos:.1%})" for hits in self.rejected)
        low, high = exact_interval(self.rejected[0], self.photos)
        return (
            f"{self.name} ({self.photos} genuine photos, {self.documents} documents, no attacks): the old threshold "
            f"rejects {before} ({low:.1%} to {high:.1%} of new ones), the new one {after}, on which it was chosen"
        )


class NextStep(StrEnum):
    """What to do with a new model beside the old one."""

    PROMOTE = "promote"
    SHADOW = "shadow"
    KEEP_OLD = "keep_old"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with a new model, and the sentence that says why."""

    step: NextStep
    sentence: str


def advice_without_attacks(exchanged: ModelComparison | None, shipped_validation: ModelComparison) -> Advice:
    """What to do with a model that was tuned without an attack on the team's own documents."""
    if exchanged is None or exchanged.verdict is not Outcome.BETTER:
        return Advice(
            NextStep.KEEP_OLD,
            "It does not even recognise exchanged portraits better, although it learned from them: keep the old one.",
        )
    if _lost(shipped_validation) > FORGETS:
        return Advice(
            NextStep.KEEP_OLD,
            f"It recognises exchanged portraits better, but {_forgotten(shipped_validation)}: keep the old one.",
        )
    return Advice(
        NextStep.SHADOW,
        "It recognises exchanged portraits better, as trained, and has not forgotten the others. Whether it finds more "
        "of the attacks that you really receive was not measured, for lack of any: run it in the shadow first.",
    )


def advice(own_documents: ModelComparison, shipped_validation: ModelComparison) -> Advice:
    """Whether to promote."""
    if own_documents.verdict is Outcome.WORSE:
        return Advice(NextStep.KEEP_OLD, "The tuned model is worse on your documents: keep the old one.")
    if own_documents.verdict is Outcome.SAME:
        return Advice(
            NextStep.KEEP_OLD,
            "On your documents the tuned model is no better than the old one, as far as this many photos can tell: "
            "keep the old one, and collect more photos.",
        )
    if _lost(shipped_validation) > FORGETS:
        return Advice(
            NextStep.SHADOW,
            f"The tuned model is better on your documents, but {_forgotten(shipped_validation)}. Mix in more generated "
            "crops, or run it in the shadow first.",
        )
    return Advice(
        NextStep.PROMOTE, "The tuned model is better on your documents and has not forgotten the others: promote it."
    )


def _lost(shipped_validation: ModelComparison) -> float:
    return shipped_validation.auc[0] - shipped_validation.auc[1]


def _forgotten(shipped_validation: ModelComparison) -> str:
    loss = f"it lost {_lost(shipped_validation):.3f} of AUC on the shipped validation"
    return f"{loss}: it has forgotten other kinds of attack"
