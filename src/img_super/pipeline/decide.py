"""From a score to an answer. Threshold and band are those of a policy in the model's card, never from here."""

from __future__ import annotations

from img_super.domain import Decision, Verdict


def decide(score: float, threshold: float, undetermined: tuple[float, float]) -> Decision:
    """Judge a score.

    Args:
        score: calibrated probability in [0, 1] that the portrait is superimposed.
        threshold: from here on `superimposed` is true.
        undetermined: scores from the first to below the second are left to a person.
    """
    low, high = undetermined
    if score < low:
        verdict = Verdict.BONA_FIDE
    elif score < high:
        verdict = Verdict.UNDETERMINED
    else:
        verdict = Verdict.ATTACK
    return Decision(score, threshold, verdict)
