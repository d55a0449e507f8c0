"""From a score to an answer. Threshold and band are those of a policy in the model's card, never from here."""

from collections.abc import Sequence
from dataclasses import replace

from img_super.domain import Decision, QualityWarning, Reason, Verdict


def decide(score: float, threshold: float, undetermined: tuple[float, float]) -> Decision:
    """Judge a score.

    `score`: calibrated probability in [0, 1] that the portrait is superimposed; `threshold`: from here on
    `superimposed` is true; `undetermined`: scores from the first to below the second are left to a person.
    """
    low, high = undetermined
    if score < low:
        verdict = Verdict.BONA_FIDE
    elif score < high:
        verdict = Verdict.UNDETERMINED
    else:
        verdict = Verdict.ATTACK
    return Decision(score, threshold, verdict)


def at_attack_share(score: float, share: float) -> float:
    """The probability that the score means where this share of what comes is an attack.

    Calibration lets both classes count alike, so that the score's own share is a half. Source: Elkan, 2001, theorem 2.
    """
    attack = score * share
    return attack / (attack + (1 - score) * (1 - share))


def without_verdict(decision: Decision, quality: Sequence[QualityWarning]) -> Decision:
    """The same score; undetermined where the picture cannot show what is asked."""
    hidden = any(warning.hides for warning in quality)
    return replace(decision, verdict=Verdict.UNDETERMINED) if hidden else decision


def reasons_of(decision: Decision, quality: Sequence[QualityWarning]) -> tuple[Reason, ...]:
    """What the verdict rests on: what hides it, or else where the score lies."""
    hiding = tuple(Reason(warning.code, warning.detail) for warning in quality if warning.hides)
    return hiding or (_BY_VERDICT[decision.verdict],)


_BY_VERDICT = {
    Verdict.BONA_FIDE: Reason("score_low", "The network sees no sufficient signs of superimposition."),
    Verdict.UNDETERMINED: Reason("score_between", "The score is in the range that a person should review."),
    Verdict.ATTACK: Reason("score_high", "The network sees a superimposed portrait."),
}
