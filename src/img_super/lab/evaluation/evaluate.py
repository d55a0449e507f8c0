"""Measures models, side by side, on generated crops and on real captures. Nothing is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from img_super.detector.yunet import YuNetDetector
from img_super.domain import RgbImage
from img_super.figures import PolicyFigures, SetFigures
from img_super.lab.dataset.measured_sets import MeasuredSet, spread
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.evaluation.calibration import scores_of
from img_super.lab.evaluation.policies import policy_figures
from img_super.lab.evaluation.report import Scored, figures
from img_super.lab.evaluation.robustness import CROP_STEPS, PHOTO_STEPS, Samples, StepFigures, robustness, score_or_nan
from img_super.model_card import ModelCard, Policy, PolicyName, read_card, read_weights, write_card
from img_super.pipeline.crop import resize_to_input
from img_super.pipeline.load import load_quick_detector
from img_super.pipeline.pipeline import Pipeline
from img_super.validator.litert import LiteRtNetwork, LiteRtValidator


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A model's folder, and the weights of it that are measured."""

    folder: Path
    card: ModelCard
    file: str
    weights: bytes

    @classmethod
    def read(cls, folder: Path, file: str | None = None) -> MeasuredModel:
        """Read what serves by default, or the weights that the card lists as `file`. Raises `BadModel`."""
        card = read_card(folder)
        chosen = file or card.serves
        return cls(folder, card, chosen, read_weights(folder, card, chosen))

    @property
    def title(self) -> str:
        return f"{self.card.name} {self.card.version}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One model on all sets.

    Attributes:
        scored, figures, policies: by set; `policies` by policy within it.
        robustness: rows of `robustness.robustness`, by set and whether crops or photos were changed.
    """

    model: MeasuredModel
    scored: Mapping[str, Scored]
    figures: Mapping[str, SetFigures]
    policies: Mapping[str, Mapping[PolicyName, PolicyFigures]]
    robustness: Mapping[str, Sequence[StepFigures]]

    def as_json(self) -> dict[str, Any]:
        """What machines read: everything but the scores of single samples."""
        card = self.model.card
        return {
            "model": {"name": card.name, "version": card.version, "file": self.model.file},
            "threshold": card.threshold,
            "figures": self.figures,
            "policies": self.policies,
            "precisions": card.precisions,
            "robustness": self.robustness,
        }


def measure(
    model: MeasuredModel, sets: Sequence[MeasuredSet], robustness_samples: int = 0, threads: int = 1
) -> Measured:
    """Measure a model on every set.

    Args:
        robustness_samples: of each set so many crops, and so many photos where there are any, are changed and judged
            again, once a step; none with 0.
    """
    scored = {one.name: score(model, one, threads) for one in sets}
    card = model.card
    choices = {name: card.policy(name) for name in card.policies or (PolicyName.BALANCED,)}
    curves: dict[str, list[StepFigures]] = {}
    for one in sets if robustness_samples else ():
        curves |= _robustness(model, one, robustness_samples)
    return Measured(
        model,
        scored,
        {name: figures(of, card.threshold) for name, of in scored.items()},
        {
            name: {
                choice: policy_figures(of, policy.threshold, policy.undetermined) for choice, policy in choices.items()
            }
            for name, of in scored.items()
        },
        curves,
    )


def score(model: MeasuredModel, measured: MeasuredSet, threads: int = 1) -> Scored:
    """Judge every crop of a set."""
    answers = answers_of(model.weights, measured.crops, threads)
    scores = scores_of(model.card.calibration, answers.logits)
    return Scored(measured.labels, measured.species, measured.documents, scores, answers.heat_maps, measured.masks)


def _robustness(model: MeasuredModel, measured: MeasuredSet, count: int) -> dict[str, list[StepFigures]]:
    policy = model.card.policy(PolicyName.BALANCED)
    at = spread(len(measured.crops), count)
    crops = Samples(lambda: iter(measured.crops[at]), measured.labels[at], measured.documents[at])
    network = LiteRtNetwork(model.weights)

    def of_crop(crop: RgbImage) -> float:
        return model.card.calibration.score(network.run(resize_to_input(crop, network.side_px))[0])

    found = {f"{measured.name}: crops": robustness(of_crop, crops, CROP_STEPS, policy)}
    if measured.photos.paths and network.has_heat_map:
        photos = measured.photos.spread(count)
        pipeline = Pipeline(
            load_quick_detector(YuNetDetector()), LiteRtValidator(model.weights, model.card, model.file)
        )

        def of_photo(photo: RgbImage) -> float:
            return score_or_nan(lambda image: pipeline.super(image).decision.score, photo)

        samples = Samples(photos.images, photos.labels, photos.documents)
        found[f"{measured.name}: photos"] = robustness(of_photo, samples, PHOTO_STEPS, policy)
    return found


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sample on the wrong side: its position in the set, species (empty when genuine) and score."""

    position: int
    species: str
    score: float


def worst_mistakes(scored: Scored, threshold: float, most: int = 8) -> dict[str, list[Mistake]]:
    """By species (empty: genuine), the samples furthest on the wrong side of the threshold, the worst first."""
    found: dict[str, list[Mistake]] = {}
    for species in sorted(set(scored.species.tolist())):
        at = np.flatnonzero(scored.species == species)
        scores = scored.scores[at]
        missed = scores >= threshold if species == "" else scores < threshold
        wrong = [int(index) for index in np.argsort(-np.abs(scores - threshold), kind="stable") if missed[index]]
        found[str(species)] = [Mistake(int(at[i]), str(species), float(scored.scores[at[i]])) for i in wrong[:most]]
    return found


def record_figures(measured: Measured) -> None:
    """Write the figures into the model's card, beside those of other data sets."""
    card = read_card(measured.model.folder)
    policies = {
        name: _with_figures(policy, {data: of[name] for data, of in measured.policies.items() if name in of})
        for name, policy in card.policies.items()
    }
    changed = msgspec.structs.replace(card, figures={**card.figures, **measured.figures}, policies=policies)
    write_card(changed, measured.model.folder)


def _with_figures(policy: Policy, found: Mapping[str, PolicyFigures]) -> Policy:
    return msgspec.structs.replace(policy, figures={**policy.figures, **found})
