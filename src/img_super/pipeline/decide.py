"""Turns a score into a verdict. Threshold and band come from a policy in the model's card."""

from collections.abc import Sequence
from dataclasses import replace

from img_super.domain import Decision, QualityWarning, Reason, Verdict


def decide(score: float, threshold: float, undetermined: tuple[float, float]) -> Decision:
    """Judge a score.

    `score`: calibrated probability in [0, 1] that the portrait is superimposed; `threshold`: from this value
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
    """The probability that a score stands for when this share of the input are attacks.

    Calibration weights both classes equally, so the score assumes a share of one half. Source: Elkan, 2001, theorem 2.
    """
    attack = score * share
    return attack / (attack + (1 - score) * (1 - share))


def without_verdict(decision: Decision, quality: Sequence[QualityWarning]) -> Decision:
    """The same score, undetermined if a warning hides the verdict."""
    hidden = any(warning.hides for warning in quality)
    return replace(decision, verdict=Verdict.UNDETERMINED) if hidden else decision


def reasons_of(decision: Decision, quality: Sequence[QualityWarning]) -> tuple[Reason, ...]:
    """The reasons for the verdict: the warnings that hide it, or else the score's range."""
    hiding = tuple(Reason(warning.code, warning.detail) for warning in quality if warning.hides)
    return hiding or (_BY_VERDICT[decision.verdict],)


_BY_VERDICT = {
    Verdict.BONA_FIDE: Reason("score_low", "The network sees too little evidence of superimposition."),
    Verdict.UNDETERMINED: Reason("score_between", "The score is in the range that a person should review."),
    Verdict.ATTACK: Reason("score_high", "The network sees a superimposed portrait."),
}
