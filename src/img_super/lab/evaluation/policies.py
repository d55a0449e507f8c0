"""Named thresholds: each keeps the false alarms on validation below its bound."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from img_super.figures import PolicyFigures, UndeterminedShares, WorstSpecies
from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.evaluation import resampling
from img_super.lab.evaluation.metrics import apcer, threshold_for_bpcer
from img_super.lab.evaluation.report import Scored, apcer_figure, bpcer_figure
from img_super.model_card import Policy, PolicyName

MAX_BPCER: Final = {PolicyName.STRICT: 0.10, PolicyName.BALANCED: 0.05, PolicyName.LENIENT: 0.01}
"""The threshold of a policy rejects at most this share of the genuine documents, in each of the validation sets.

Of generated ones half as many again, where real ones guard the bound, too: they are drawn harder than what people send.

`strict` looks twice as often in vain as `balanced` to miss fewer attacks; `lenient` is for those who reject without a
person looking, and misses more.
"""

_HARDER: Final = 1.5
BAND: Final = (2.0, 0.2)
"""A person's eye is asked for from where BPCER is twice the policy's bound to where it is a fifth of it."""


def choose_policies(sets: Mapping[str, Scored]) -> dict[PolicyName, Policy]:
    """All policies, chosen on the genuine documents of every validation set, with their figures on each set."""
    return {name: _policy(max_bpcer, sets) for name, max_bpcer in MAX_BPCER.items()}


def choose_threshold(sets: Mapping[str, Scored], max_bpcer: float) -> float:
    """The lowest threshold that keeps BPCER within bounds in every set, rounded up to four decimals."""
    generated_may = max_bpcer * (_HARDER if set(sets) - {GENERATED} else 1)
    exact = max(
        threshold_for_bpcer(scored.genuine, generated_may if name == GENERATED else max_bpcer)
        for name, scored in sets.items()
    )
    return float(min(0.9999, np.ceil(exact * 1e4) / 1e4))


def undetermined_band(sets: Mapping[str, Scored], threshold: float, max_bpcer: float) -> tuple[float, float]:
    """The scores for manual review; the band contains the threshold.

    Most genuine documents are below the band, hardly any above it.
    """
    low, high = (choose_threshold(sets, max_bpcer * times) for times in BAND)
    return min(low, threshold), max(high, threshold)


def _policy(max_bpcer: float, sets: Mapping[str, Scored]) -> Policy:
    threshold = choose_threshold(sets, max_bpcer)
    band = undetermined_band(sets, threshold, max_bpcer)
    return Policy(
        threshold, band, max_bpcer, {name: policy_figures(scored, threshold, band) for name, scored in sets.items()}
    )


def policy_figures(scored: Scored, threshold: float, band: tuple[float, float]) -> PolicyFigures:
    """A policy's figures on a set: `bpcer`, `apcer`, the worst species, the manual review rate.

    Without attacks, of genuine documents only.
    """
    weights = resampling.drawn_weights(scored.documents)
    rejected = bpcer_figure(scored, threshold, weights)
    referred = (scored.scores >= band[0]) & (scored.scores < band[1])
    asked_genuine = round(float(referred[scored.labels == 0].mean()), 4)
    if not scored.has_attacks:
        return PolicyFigures(bpcer=rejected, undetermined=UndeterminedShares(asked_genuine))
    missed = {name: apcer(scored.scores[scored.species == name], threshold) for name in scored.attack_species}
    worst = max(missed, key=lambda name: missed[name], default="")
    return PolicyFigures(
        bpcer=rejected,
        apcer=apcer_figure(scored, scored.labels == 1, threshold, weights),
        worst_species=WorstSpecies(worst, round(missed.get(worst, 0.0), 4)),
        undetermined=UndeterminedShares(asked_genuine, round(float(referred[scored.labels == 1].mean()), 4)),
    )
