"""How far scores move when a photo is recompressed, scaled, blurred or rotated.

Photos go through the whole service, including the detector. If no photos were kept, crops are changed instead, which
leaves out the detector's slightly different box.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import cv2
import msgspec
import numpy as np

from img_super.domain import Float64Array, Int64Array, RgbImage, StrArray
from img_super.errors import InputError
from img_super.figures import Figure
from img_super.lab.dataset.jpeg import saved
from img_super.lab.evaluation import resampling
from img_super.model_card import Policy
from img_super.turn import turn

Judge: TypeAlias = Callable[[RgbImage], float]
"""Gives the score of an image, nan where it has no answer."""

Scores = Float64Array
"""One a sample; nan where there is no answer, such as no face."""


@dataclass(frozen=True, slots=True)
class ImageChange:
    """One change: its kind, its strength (0: none), and its function."""

    kind: str
    strength: float
    change: Callable[[RgbImage], RgbImage]


@dataclass(frozen=True, slots=True)
class Samples:
    """Images with their labels, read one by one because photos are large."""

    images: Callable[[], Iterator[RgbImage]]
    labels: Int64Array
    documents: StrArray


def scaled(image: RgbImage, scale: float, kernel: int = cv2.INTER_AREA) -> RgbImage:
    """The image scaled by this factor."""
    wh = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, wh, interpolation=kernel).astype(np.uint8, copy=False)


def blurred(image: RgbImage, sigma_share: float) -> RgbImage:
    """Sigma relative to the image's side."""
    return cv2.GaussianBlur(image, (0, 0), sigma_share * max(image.shape[:2])).astype(np.uint8, copy=False)


def _steps(change: Callable[..., RgbImage], kind: str, values: Sequence[float]) -> tuple[ImageChange, ...]:
    def step(value: float) -> ImageChange:
        return ImageChange(kind, value, lambda image: change(image, value))

    return tuple(map(step, values))


_FILES: Final = (
    *_steps(saved, "jpeg", (95, 85, 75, 60)),
    *_steps(partial(saved, kind="webp"), "webp", (80,)),
    *_steps(scaled, "scale", (0.6, 0.8, 1.5)),
    *_steps(partial(scaled, kernel=cv2.INTER_LINEAR), "linear", (0.6, 0.8, 1.5)),
    *_steps(partial(scaled, kernel=cv2.INTER_CUBIC), "cubic", (0.6, 0.8, 1.5)),
    *_steps(partial(scaled, kernel=cv2.INTER_LANCZOS4), "lanczos", (0.6, 0.8, 1.5)),
)
"""What happens to a file on its way to the service."""

CROP_STEPS: Final = (*_FILES, *_steps(blurred, "blur", (0.002, 0.004, 0.008)))
PHOTO_STEPS: Final = (
    *_FILES,
    *_steps(blurred, "blur", (0.001, 0.002, 0.004)),
    *_steps(turn, "turn", (90, 180, 270)),
)


class StepFigures(msgspec.Struct, frozen=True):
    """The scores at one step."""

    # kind, strength: of the step; `none` for the unchanged images
    kind: str
    strength: float
    answered: float  # the share of samples that got a score
    # median_change, p95_change: of |score change|; None if no sample has two scores
    median_change: float | None
    p95_change: float | None
    verdicts_changed: float  # the share of genuine samples whose verdict changes
    auc: Figure | None  # None with a single class
    bpcer: float  # at the threshold


def robustness(judge: Judge, samples: Samples, steps: Sequence[ImageChange], policy: Policy) -> list[StepFigures]:
    """One row per step, the unchanged images first."""
    changes = [ImageChange("none", 0, lambda image: image), *steps]
    scores = np.array([[judge(step.change(image)) for step in changes] for image in samples.images()])
    weights = resampling.drawn_weights(samples.documents)
    return [
        _figures(step, scores[:, 0], scores[:, number], samples, weights, policy) for number, step in enumerate(changes)
    ]


def _figures(
    step: ImageChange, before: Scores, after: Scores, samples: Samples, weights: resampling.Weights, policy: Policy
) -> StepFigures:
    changes = np.abs(after - before)[~(np.isnan(before) | np.isnan(after))]
    return StepFigures(
        step.kind,
        step.strength,
        round(float(1 - np.isnan(after).mean()), 4),
        round(float(np.median(changes)), 4) if len(changes) else None,
        round(float(np.percentile(changes, 95)), 4) if len(changes) else None,
        _verdicts_changed(before, after, samples, policy),
        _auc(after, samples, weights),
        _bpcer(after, samples, policy.threshold),
    )


def _verdicts_changed(before: Scores, after: Scores, samples: Samples, policy: Policy) -> float:
    comparable = (samples.labels == 0) & ~(np.isnan(before) | np.isnan(after))
    if not comparable.any():
        return float("nan")
    verdicts_before, verdicts_after = (
        np.digitize(scores[comparable], policy.undetermined) for scores in (before, after)
    )
    return round(float((verdicts_before != verdicts_after).mean()), 4)


def _auc(scores: Scores, samples: Samples, weights: resampling.Weights) -> Figure | None:
    answered = ~np.isnan(scores)
    labels = samples.labels[answered]
    if len(np.unique(labels)) < 2:
        return None
    ranking = resampling.Ranking.of(labels, scores[answered], weights[:, answered])
    return ranking.figure(resampling.Curves.auc)


def _bpcer(scores: Scores, samples: Samples, threshold: float) -> float:
    genuine = scores[(samples.labels == 0) & ~np.isnan(scores)]
    return round(float((genuine >= threshold).mean()), 4) if len(genuine) else float("nan")


def score_or_nan(score: Callable[[RgbImage], float], image: RgbImage) -> float:
    """The score, or nan if the service could not judge the photo."""
    try:
        return score(image)
    except InputError:
        return float("nan")
