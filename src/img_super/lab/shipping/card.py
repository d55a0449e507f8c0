"""The card of a freshly exported model: calibration and thresholds from validation, and its description.

Generated documents alone give a wrong threshold: genuine real photos score higher than
generated ones. Half of the real captures' document types therefore help to choose it, and only the other half is
reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from img_super.figures import SetFigures
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.forged_photos import ForgedCrop
from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.evaluation import calibration
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.evaluation.policies import choose_policies
from img_super.lab.evaluation.report import Scored, figures
from img_super.model_card import Calibration, ModelCard, PolicyName, WeightsFile

MIN_FACE_PX: Final = 45

DATA: Final = (
    "Generated photos of invented documents (img-super synthesize, img-super forge): 17 families of designs for "
    "training, five others and DocXPand's nine for validation; portraits of people who do not exist (drawn with "
    "random-face 2021.7.21.1, and CC0 portraits of faker-js/assets-person-portrait). Real genuine photos, "
    "forged while training: 42 phone frames of five specimen cards and passports (MIDV-500) and 74 of Mexican "
    "and Indian banknotes. Attacks from crude to careful, drawn anew at every step. Threshold and calibration "
    "come from generated validation data and from some document types of other real captures (DLC-2021, CC BY- "
    "SA 2.5, and one MIDV-500 specimen); other types are kept for the figures."
)
LIMITS: Final = [
    "Its threshold holds on the kinds of documents that it was chosen on; expect others to shift the scores.",
    "The real captures that it was measured on are grey paper copies of two document types and two specimen "
    "cards; glued-on photos and photographed screens were measured with generated samples only. Face swaps by "
    "neural networks were imitated (their geometry and traces, faces redrawn by autoencoders, by super-resolution "
    "and by a network that mixes two faces), not drawn by a swapper.",
    "A portrait that was itself printed and photographed, laid over another with care, is often missed.",
    "Faces narrower than 45 px are not judged; small, blurred or heavily compressed photos hide the traces.",
    "The figures borrow the words of ISO/IEC 30107-3 (APCER, BPCER); they are no test by that standard.",
]
TERMS: Final = (
    "Backbone: EfficientNet-Lite0, ImageNet weights, Apache-2.0. Part of the training portraits was drawn with "
    "weights distilled from StyleGAN2 trained on FFHQ, whose own terms are non-commercial; the other portraits "
    "are CC0. DocXPand designs (validation only): MIT. Backgrounds: GPL-2+ and CC BY-SA artwork of Debian "
    "packages. Some faces were enlarged by Real-ESRGAN (BSD-3) while training. Real photos to train on: MIDV-500 "
    "frames from onbehalfofhim/midv_dataset, which states no licence; banknotes from "
    "Josuepma/BilletesFalsosPythonMexico and Jaydeep-Chaudhary/Indian-currency-notes_dataset, MIT."
)


@dataclass(frozen=True, slots=True)
class About:
    """The texts of a card."""

    name: str
    data: str
    limits: list[str]
    terms: str


PORTRAIT_VALIDATOR: Final = About("portrait_validator", DATA, LIMITS, TERMS)


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation set with the network's logits in place of scores."""

    logits: Scored

    @classmethod
    def of_crops(cls, weights: bytes, crops: CropSet, threads: int = 1) -> "Validation":
        answers = answers_of(weights, crops.crops, threads)
        labels = crops.labels.astype(int)
        return cls(Scored(labels, crops.species, crops.documents, answers.logits, answers.heat_maps, crops.masks))

    @classmethod
    def of_real(cls, weights: bytes, crops: Sequence[ForgedCrop], threads: int = 1) -> "Validation":
        answers = answers_of(weights, [crop.crop for crop in crops], threads)
        species = np.array([crop.species for crop in crops], dtype=np.str_)
        documents = np.array([crop.document for crop in crops], dtype=np.str_)
        return cls(Scored((species != "").astype(int), species, documents, answers.logits, answers.heat_maps))

    def scored(self, fitted: Calibration) -> Scored:
        return replace(self.logits, scores=calibration.scores_of(fitted, self.logits.scores))


def make_card(
    files: dict[str, WeightsFile],
    input_side_px: int,
    sets: Mapping[str, Validation],
    version: str,
    about: About = PORTRAIT_VALIDATOR,
) -> ModelCard:
    """Calibrate on real photos, with equal weight per set, otherwise on generated ones; choose the policies.

    Generated documents are drawn harder than what people send: they guard the thresholds, as a set of genuine documents
    alone does, and would make the score of real photos less sure than it is. `sets`: the generated one by the name
    `GENERATED`, whose figures stand in the card, and others that help to choose; figures of what was not chosen on are
    added by `evaluate`.
    """
    real = [
        validation.logits for name, validation in sets.items() if name != GENERATED and validation.logits.has_attacks
    ]
    compared = calibrate(real or [sets[GENERATED].logits])
    scored = {name: validation.scored(compared.calibration) for name, validation in sets.items()}
    policies = choose_policies(scored)
    balanced = policies[PolicyName.BALANCED]
    return ModelCard(
        name=about.name,
        version=version,
        created=datetime.now(UTC).date().isoformat(),
        files=files,
        input_side_px=input_side_px,
        min_face_px=MIN_FACE_PX,
        calibration=compared.calibration,
        threshold=balanced.threshold,
        undetermined=balanced.undetermined,
        figures={
            GENERATED: figures(scored[GENERATED], balanced.threshold),
            "calibration": SetFigures(log_loss_on_documents_left_out=compared.log_loss),
        },
        data=about.data,
        limits=about.limits,
        terms=about.terms,
        policies=policies,
    )


def calibrate(sets: Sequence[Scored]) -> calibration.CalibrationChoice:
    """The better calibration over all sets; within each, both classes have equal weight."""
    weights = [np.where(part.labels == 1, 0.5 / part.labels.sum(), 0.5 / (part.labels == 0).sum()) for part in sets]
    samples = sum(len(part.labels) for part in sets)
    return calibration.fit_better(
        np.concatenate([part.scores for part in sets]),
        np.concatenate([part.labels for part in sets]),
        np.concatenate([part.documents for part in sets]),
        np.concatenate(weights) * samples / len(sets),
    )
