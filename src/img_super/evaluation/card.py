"""The card of a freshly exported model: calibration and threshold from validation, and what is known of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from img_super.evaluation import calibration
from img_super.evaluation.crops import CropSet
from img_super.evaluation.logits import logits_of
from img_super.evaluation.report import Scored, figures
from img_super.registry.card import Card, WeightsFile

NAME: Final = "portrait_validator"
MIN_FACE_PX: Final = 45

DATA: Final = (
    "Generated photos of invented cards: procedural designs for training, DocXPand's nine designs for validation; "
    "portraits of people who do not exist (1,003 drawn with random-face 2021.7.21.1, 200 CC0 portraits of "
    "faker-js/assets-person-portrait); pasted heads, pasted photos and face swaps, on the card and in the photo. "
    "Threshold and calibration come from generated validation data only. No real document was trained on."
)
LIMITS: Final = [
    "Learned from generated documents only; on real captures it is weaker than on its own validation data: "
    "see the figures by data set.",
    "Not tried on documents whose genuine portrait is glued on, on screens photographed, or on prints of whole "
    "forged documents by a good printer.",
    "Faces narrower than 45 px are not judged; small, blurred or heavily compressed photos hide the traces.",
    "The figures borrow the words of ISO/IEC 30107-3 (APCER, BPCER); they are no test by that standard.",
]
TERMS: Final = (
    "Backbone: EfficientNet-Lite0, ImageNet weights, Apache-2.0. Part of the training portraits was drawn with weights "
    "distilled from StyleGAN2 trained on FFHQ, whose own terms are non-commercial; the other portraits are CC0. "
    "DocXPand designs (validation only): MIT. Backgrounds: GPL-2+ and CC BY-SA artwork of Debian packages."
)


def make_card(files: dict[str, WeightsFile], litert: bytes, validation: CropSet, version: str) -> Card:
    """Calibrate, choose the threshold, measure on validation, and write it all down."""
    logits = logits_of(litert, validation.crops)
    labels = validation.labels.astype(int)
    fitted = calibration.fit_platt(logits, labels)
    scores = calibration.scores_of(fitted, logits)
    threshold = calibration.choose_threshold(scores, labels)
    scored = Scored(labels, validation.species, validation.documents, scores)
    return Card(
        name=NAME,
        version=version,
        created=datetime.now(UTC).date().isoformat(),
        files=files,
        input_side_px=int(validation.crops.shape[1]),
        min_face_px=MIN_FACE_PX,
        calibration=fitted,
        threshold=threshold,
        undetermined=calibration.undetermined_band(scores, labels, threshold),
        figures={"generated_validation": figures(scored, threshold)},
        data=DATA,
        limits=LIMITS,
        terms=TERMS,
    )
