"""Measures models, side by side, on generated crops and on real captures. Nothing is fitted."""

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
from img_super.lab.evaluation.groups import group_figures
from img_super.lab.evaluation.policies import policy_figures
from img_super.lab.evaluation.report import Scored, figures
from img_super.lab.evaluation.robustness import CROP_STEPS, PHOTO_STEPS, Samples, StepFigures, robustness, score_or_nan
from img_super.model_card import ModelCard, PolicyName, read_card, read_weights, write_card
from img_super.pipeline.crop import resize_to_input
from img_super.pipeline.load import load_quick_detector
from img_super.pipeline.pipeline import Pipeline
from img_super.validator.litert import LiteRtNetwork, LiteRtValidator


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A model's folder, and which of its weights are measured."""

    folder: Path
    card: ModelCard
    file: str
    weights: bytes

    @classmethod
    def read(cls, folder: Path, file: str | None = None) -> "MeasuredModel":
        """Read the default weights, or those that the card lists as `file`. Raises `BadModel`."""
        card = read_card(folder)
        chosen = file or card.serves
        return cls(folder, card, chosen, read_weights(folder, card, chosen))

    @property
    def title(self) -> str:
        return f"{self.card.name} {self.card.version}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One model on all sets."""

    model: MeasuredModel
    # scored, figures, policies: by set; `policies` by policy within it
    scored: Mapping[str, Scored]
    figures: Mapping[str, SetFigures]
    policies: Mapping[str, Mapping[PolicyName, PolicyFigures]]
    # Rows of `robustness.robustness`, by set and whether crops or photos were changed.
    robustness: Mapping[str, Sequence[StepFigures]]

    def as_json(self) -> dict[str, Any]:
        """For machines: everything but the scores of single samples."""
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

    `robustness_samples`: this many crops of each set, and photos if there are any, are changed and judged again at
    each step; 0: none.
    """
    scored = {data_set.name: score(model, data_set, threads) for data_set in sets}
    card = model.card
    choices = {name: card.policy(name) for name in card.policies or (PolicyName.BALANCED,)}
    curves: dict[str, list[StepFigures]] = {}
    for data_set in sets if robustness_samples else ():
        curves |= _robustness(model, data_set, robustness_samples)
    return Measured(
        model,
        scored,
        {data_set.name: _figures(data_set, scored[data_set.name], card.threshold) for data_set in sets},
        {
            name: {
                choice: policy_figures(part, policy.threshold, policy.undetermined)
                for choice, policy in choices.items()
            }
            for name, part in scored.items()
        },
        curves,
    )


def _figures(data_set: MeasuredSet, scored: Scored, threshold: float) -> SetFigures:
    of_all = figures(scored, threshold)
    if data_set.faces is None:
        return of_all
    return msgspec.structs.replace(of_all, groups=group_figures(scored, data_set.faces, threshold))


def score(model: MeasuredModel, data_set: MeasuredSet, threads: int = 1) -> Scored:
    """Judge every crop of a set."""
    answers = answers_of(model.weights, data_set.crops, threads)
    scores = scores_of(model.card.calibration, answers.logits)
    return Scored(data_set.labels, data_set.species, data_set.documents, scores, answers.heat_maps, data_set.masks)


def _robustness(model: MeasuredModel, data_set: MeasuredSet, count: int) -> dict[str, list[StepFigures]]:
    policy = model.card.policy(PolicyName.BALANCED)
    at = spread(len(data_set.crops), count)
    crops = Samples(lambda: iter(data_set.crops[at]), data_set.labels[at], data_set.documents[at])
    network = LiteRtNetwork(model.weights)

    def of_crop(crop: RgbImage) -> float:
        return model.card.calibration.score(network.run(resize_to_input(crop, network.side_px))[0])

    steps = {f"{data_set.name}: crops": robustness(of_crop, crops, CROP_STEPS, policy)}
    if data_set.photos.paths and network.has_heat_map:
        photos = data_set.photos.spread(count)
        pipeline = Pipeline(
            load_quick_detector(YuNetDetector()), LiteRtValidator(model.weights, model.card, model.file)
        )

        def of_photo(photo: RgbImage) -> float:
            return score_or_nan(lambda image: pipeline.super(image).decision.score, photo)

        samples = Samples(photos.images, photos.labels, photos.documents)
        steps[f"{data_set.name}: photos"] = robustness(of_photo, samples, PHOTO_STEPS, policy)
    return steps


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sample on the wrong side: its position in the set, species (empty when genuine) and score."""

    position: int
    species: str
    score: float


def worst_mistakes(scored: Scored, threshold: float, limit: int = 8) -> dict[str, list[Mistake]]:
    """By species (empty: genuine), the samples furthest on the wrong side of the threshold, worst first."""
    worst: dict[str, list[Mistake]] = {}
    for species in sorted(set(scored.species.tolist())):
        at = np.flatnonzero(scored.species == species)
        scores = scored.scores[at]
        missed = scores >= threshold if species == "" else scores < threshold
        order = [int(index) for index in np.argsort(-np.abs(scores - threshold), kind="stable") if missed[index]]
        worst[str(species)] = [Mistake(int(at[i]), str(species), float(scored.scores[at[i]])) for i in order[:limit]]
    return worst


def record_figures(result: Measured) -> None:
    """Write the figures into the model's card, keeping those of other data sets."""
    card = read_card(result.model.folder)
    policies = {
        name: msgspec.structs.replace(
            policy, figures=policy.figures | {data: row[name] for data, row in result.policies.items() if name in row}
        )
        for name, policy in card.policies.items()
    }
    changed = msgspec.structs.replace(card, figures={**card.figures, **result.figures}, policies=policies)
    write_card(changed, result.model.folder)
