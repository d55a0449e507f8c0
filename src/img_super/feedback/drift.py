"""Compares recent scores with those the model was chosen on, or with earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from img_super.domain import Float64Array, Label, Verdict
from img_super.feedback.store import Labelled
from img_super.model_card import ModelCard, quality_shares

MIN_JUDGED: Final = 100
"""Fewer judgements say nothing about a distribution."""

_BINS: Final = 10
_VISIBLE: Final = 0.1
"""Population stability index from which a difference is worth a look; 0.25 is large."""

_CHANCE: Final = 27.88
"""Pearson's statistic of ten bins exceeds this once in a thousand times by chance."""

_SHARE: Final = 0.05
_DEVIATIONS: Final = 3.3
"""A share has changed if it moved by five points, and by more than chance would once in a thousand times."""

Array = Float64Array


@dataclass(frozen=True, slots=True)
class Reference:
    """The usual distribution."""

    name: str  # where it comes from
    quantiles: Array  # of scores, at evenly spaced shares from 0 to 1
    quality: Mapping[str, float] | None  # the share of photos with each warning; None where not counted
    count: int  # number of photos behind it


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison."""

    what: str
    usual: str
    now: str
    drifted: bool


def reference_of_card(card: ModelCard) -> Reference | None:
    """The genuine scores that the model was chosen on; None if the card lacks them."""
    usual = card.genuine_scores()
    if usual is None:
        return None
    name, quantiles = usual
    figures = card.figures[name]
    count = figures.bona_fide or 1  # a card without the number of photos is trusted least
    return Reference(f"{name} of {card.title}", np.array(quantiles), figures.quality, count)


def reference_of_past(rows: Sequence[Labelled], name: str) -> Reference:
    """Earlier judgements. `rows` must not be empty."""
    scores = np.array([row.judgement.score for row in rows])
    return Reference(name, np.quantile(scores, np.linspace(0, 1, 21)), _quality(rows), len(rows))


def compare(rows: Sequence[Labelled], reference: Reference) -> list[Finding]:
    """Compare scores and, if the reference has them, quality warnings. `rows` has at least `MIN_JUDGED`."""
    scores = np.array([row.judgement.score for row in rows])
    findings = [_scores(scores, reference)]
    if reference.quality is not None:
        shares = _quality(rows)
        for code in sorted({*shares, *reference.quality}):
            usual, share = reference.quality.get(code, 0.0), shares.get(code, 0.0)
            findings.append(_share(f"photos with {code}", usual, share, reference.count, len(rows)))
    return findings


def _quality(rows: Sequence[Labelled]) -> dict[str, float]:
    return quality_shares([row.judgement.quality.split() for row in rows])


def _scores(scores: Array, reference: Reference) -> Finding:
    edges, expected = _bins(reference.quantiles)
    counts = np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(expected))
    shares = counts / len(scores)
    # Half a photo in an empty bin, to keep the index finite.
    observed = shares.clip(0.5 / len(scores))
    index = float(((observed - expected) * np.log(observed / expected)).sum())
    statistic = float(len(scores) * ((shares - expected) ** 2 / expected).sum())
    middle = float(np.median(reference.quantiles))
    return Finding(
        f"scores (population stability index {index:.2f})",
        f"median {middle:.3f}", f"median {np.median(scores):.3f}",
        index >= _VISIBLE and statistic > _CHANCE,
    )  # fmt: skip


def _bins(quantiles: Array) -> tuple[Array, Array]:
    """Edges of ten equal bins of the reference, and the share of each; equal edges are merged."""
    steps = (len(quantiles) - 1) // _BINS
    edges, first_of_edge = np.unique(quantiles[steps:-1:steps], return_index=True)
    below = np.linspace(0, 1, _BINS + 1)[1:-1][first_of_edge]
    return edges, np.diff(np.concatenate([[0.0], below, [1.0]]))


def _share(name: str, usual: float, share: float, usual_count: int, count: int) -> Finding:
    pooled = (usual * usual_count + share * count) / (usual_count + count)
    deviation = np.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / usual_count + 1 / count))
    change = abs(share - usual)
    return Finding(name, f"{usual:.1%}", f"{share:.1%}", bool(change >= _SHARE and change > _DEVIATIONS * deviation))


def truth(rows: Sequence[Labelled]) -> dict[str, int]:
    """Among labelled documents: genuine ones rejected and attacks accepted."""
    rejected = [row.judgement.score >= row.judgement.threshold for row in rows]
    genuine = [is_rejected for row, is_rejected in zip(rows, rejected, strict=True) if row.label is Label.BONA_FIDE]
    attack = [is_rejected for row, is_rejected in zip(rows, rejected, strict=True) if row.label is Label.ATTACK]
    return {
        "genuine": len(genuine),
        "genuine_rejected": sum(genuine),
        "attacks": len(attack),
        "attacks_let_pass": len(attack) - sum(attack),
        "left_to_a_person": sum(1 for row in rows if row.judgement.verdict == Verdict.UNDETERMINED.value),
    }
