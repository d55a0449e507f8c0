"""Turns a trained one-pass network into its folder: verified files, minimum confidence, measurements."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from img_super.detector.face_refiner import SIDE_PX, FaceRefiner
from img_super.detector.fast import FastDetector
from img_super.detector.network import build_yunet
from img_super.detector.yunet import YuNetDetector
from img_super.figures import DetectorFigures
from img_super.lab.evaluation.detection import (
    answers_on_generated,
    generated_figures,
    is_found,
    least_confidence,
    precise_wrong,
    real_frames,
)
from img_super.lab.shipping.export_detector import YUNET_FILE, export_detector, export_litert
from img_super.lab.training.detector.first_weights import load_yunet
from img_super.model_card import DetectorCard, WeightsFile, read_weights, write_card

INPUT_WH: Final = (256, 160)
"""Of the photos that the shipped detector sees: 8:5 lies between the 16:9 and the 4:3 of cameras."""

DATA: Final = (
    "Generated photos of whole invented documents (img-super synthesize-photos), with YuNet's box of the portrait's "
    "face as truth; people, designs and backgrounds of validation are not in training. No real document was trained on."
)
LIMITS: Final = [
    "Learned from generated documents only.",
    "Quarter turns and about 20 degrees besides; a document at 45 degrees is handed on to the precise detector.",
    "Where the document's corners lie outside of the photo they are a guess.",
    "Faces narrower than about 9 px after the photo was reduced to 256 x 160 px are not found, and handed on.",
]
TERMS: Final = (
    "Backbone: YuNet (opencv_zoo, 2023mar), MIT. Part of the training portraits was drawn with weights distilled from "
    "StyleGAN2 trained on FFHQ, whose own terms are non-commercial; the other portraits are CC0. DocXPand designs "
    "(validation only): MIT. Backgrounds: GPL-2+ and CC BY-SA artwork of Debian packages."
)


def ship_detector(
    trained: Path, folder: Path, validation: Path, version: str, real: Path | None = None
) -> DetectorCard:
    """Export a `.keras` file, choose its minimum confidence on generated validation, measure, write the card.

    `validation`: a folder of whole photos that training has not seen; `real`: real captures, which are only measured.
    Raises `ExportFailed`: LiteRT's answers differ from Keras's.
    """
    files = export_detector(trained, folder, INPUT_WH) | {"yunet": export_yunet(folder)}
    created = datetime.now(UTC).strftime("%Y-%m-%d")
    card = DetectorCard("portrait_detector", version, created, files, INPUT_WH, 0.0, {}, DATA, LIMITS, TERMS)
    weights, finder = read_weights(folder, card, "litert"), FaceRefiner(read_weights(folder, card, "yunet"))
    precise = YuNetDetector()
    answers = answers_on_generated(FastDetector(weights, card, finder, precise), validation)
    mistakes = precise_wrong(precise, validation)
    card = msgspec.structs.replace(card, min_confidence=least_confidence(answers, mistakes))
    figures = {"generated_validation": generated_figures(answers, card.min_confidence, 1 - mistakes)}
    if real is not None:
        figures["real_captures"] = real_figures(FastDetector(weights, card, finder, precise), real)
    card = msgspec.structs.replace(card, figures=figures)
    write_card(card, folder)
    return card


def export_yunet(folder: Path) -> WeightsFile:
    """Write YuNet for small upright squares: LiteRT takes 40 % of OpenCV's time."""
    yunet = build_yunet(SIDE_PX)
    load_yunet(yunet)
    return export_litert(yunet, folder / YUNET_FILE)


def real_figures(detector: FastDetector, folder: Path) -> DetectorFigures:
    """The card's figures for real captures in four rotations, with the precise detector as fallback."""
    answers = []
    for frame in real_frames(folder):
        located, detection = detector.locate(frame.image), detector.detect(frame.image)
        right = bool(detection and detection.rotation == frame.rotation)
        answers.append((located is not None, is_found(detection, frame.face), right))
    in_one_pass, found_shares, upright_share = np.mean(answers, axis=0)
    return DetectorFigures(
        photos=len(answers),
        in_one_pass=float(in_one_pass),
        found=float(found_shares),
        rotation_right=float(upright_share),
    )
