"""The card of a freshly exported model: calibration and threshold from validation, and what is known of it.

Generated documents alone set the threshold wrong: genuine real photos look more suspicious to the network than
generated ones do. Half of the document types among the real captures therefore help to choose it, and only the other
half is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from img_super.domain import Label
from img_super.evaluation import calibration
from img_super.evaluation.crops import CropSet
from img_super.evaluation.logits import logits_of
from img_super.evaluation.real_captures import RealCrop
from img_super.evaluation.report import Scored, figures
from img_super.registry.card import Calibration, Card, WeightsFile

NAME: Final = "portrait_validator"
MIN_FACE_PX: Final = 45

DATA: Final = (
    "Generated photos of invented documents (img-super synthesize): 17 families of designs for training, five others "
    "and DocXPand's nine for validation; portraits of people who do not exist (drawn with random-face 2021.7.21.1, and "
    "CC0 portraits of faker-js/assets-person-portrait); six kinds of attack, from crude to careful. "
    "Threshold and calibration come from generated validation data and from some document types of the real captures "
    "(DLC-2021, CC BY-SA 2.5; other types are kept for the figures). No real document was trained on."
)
LIMITS: Final = [
    "Learned from generated documents only; genuine real documents look more suspicious to it than generated ones. "
    "Its threshold holds on the kinds of documents that it was chosen on; expect others to shift the scores.",
    "The real captures are grey paper copies of two document types: on real plastic cards, on glued-on genuine photos "
    "and on photographed screens it was measured with generated samples only.",
    "Faces narrower than 45 px are not judged; small, blurred or heavily compressed photos hide the traces.",
    "The figures borrow the words of ISO/IEC 30107-3 (APCER, BPCER); they are no test by that standard.",
]
TERMS: Final = (
    "Backbone: EfficientNet-Lite0, ImageNet weights, Apache-2.0. Part of the training portraits was drawn with weights "
    "distilled from StyleGAN2 trained on FFHQ, whose own terms are non-commercial; the other portraits are CC0. "
    "DocXPand designs (validation only): MIT. Backgrounds: GPL-2+ and CC BY-SA artwork of Debian packages."
)


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation set as the network sees it: logits in place of scores."""

    logits: Scored

    @classmethod
    def of_crops(cls, litert: bytes, crops: CropSet) -> Validation:
        logits = logits_of(litert, crops.crops)
        return cls(Scored(crops.labels.astype(int), crops.species, crops.documents, logits))

    @classmethod
    def of_real(cls, litert: bytes, crops: Sequence[RealCrop]) -> Validation:
        logits = logits_of(litert, (crop.crop for crop in crops))
        species = np.array([crop.species for crop in crops], dtype=np.str_)
        documents = np.array([crop.document for crop in crops], dtype=np.str_)
        return cls(Scored((species != "").astype(int), species, documents, logits))

    def scored(self, fitted: Calibration) -> Scored:
        return replace(self.logits, scores=calibration.scores_of(fitted, self.logits.scores))


def make_card(files: dict[str, WeightsFile], input_side_px: int, sets: Sequence[Validation], version: str) -> Card:
    """Calibrate on the validation sets together, each counting alike, and choose threshold and band.

    The first set is the generated one; its figures stand in the card, those of others are measured by `evaluate`.
    """
    fitted = _calibrate([one.logits for one in sets])
    scored = [one.scored(fitted) for one in sets]
    genuine = [one.scores[one.labels == Label.BONA_FIDE] for one in scored]
    threshold = calibration.choose_threshold(genuine)
    return Card(
        name=NAME,
        version=version,
        created=datetime.now(UTC).date().isoformat(),
        files=files,
        input_side_px=input_side_px,
        min_face_px=MIN_FACE_PX,
        calibration=fitted,
        threshold=threshold,
        undetermined=calibration.undetermined_band(genuine, threshold),
        figures={"generated_validation": figures(scored[0], threshold)},
        data=DATA,
        limits=LIMITS,
        terms=TERMS,
    )


def _calibrate(sets: Sequence[Scored]) -> Calibration:
    """Platt scaling over all sets; within each, both classes count alike, however many samples they have."""
    weights = [np.where(one.labels == 1, 0.5 / one.labels.sum(), 0.5 / (one.labels == 0).sum()) for one in sets]
    samples = sum(len(one.labels) for one in sets)
    return calibration.fit_platt(
        np.concatenate([one.scores for one in sets]),
        np.concatenate([one.labels for one in sets]),
        np.concatenate(weights) * samples / len(sets),
    )
