from __future__ import annotations

import pytest

from img_super.domain import Verdict
from img_super.pipeline.decide import at_attack_share, decide


@pytest.mark.parametrize(
    ("score", "verdict", "superimposed"),
    [
        (0.0, Verdict.BONA_FIDE, False),
        (0.39, Verdict.BONA_FIDE, False),
        (0.4, Verdict.UNDETERMINED, False),
        (0.6, Verdict.UNDETERMINED, True),
        (0.69, Verdict.UNDETERMINED, True),
        (0.7, Verdict.ATTACK, True),
        (1.0, Verdict.ATTACK, True),
    ],
)
def test_verdict_and_threshold(score: float, verdict: Verdict, superimposed: bool) -> None:
    decision = decide(score, threshold=0.6, undetermined=(0.4, 0.7))
    assert (decision.verdict, decision.superimposed) == (verdict, superimposed)
    assert (decision.score, decision.threshold) == (score, 0.6)


@pytest.mark.parametrize(
    ("score", "share", "probability"),
    [(0.9, 0.5, 0.9), (0.9, 0.01, 1 / 12), (0.5, 0.2, 0.2), (0.0, 0.3, 0), (1, 0.01, 1)],
)
def test_probability_falls_with_prevalence(score: float, share: float, probability: float) -> None:
    assert at_attack_share(score, share) == pytest.approx(probability)
