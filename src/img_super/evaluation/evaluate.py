"""Measures a shipped model on generated crops and on real captures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from img_super.evaluation.card import Validation
from img_super.evaluation.crops import read_crops
from img_super.evaluation.real_captures import real_crops
from img_super.evaluation.report import Scored, figures
from img_super.registry.card import Card, read_card, read_weights, write_card


def measure(model: Path, data: Path | None, real: Path | None, donors: Path | None) -> dict[str, dict[str, Any]]:
    """Figures by data set: `generated_validation` and `real_captures`, whichever is given."""
    card = read_card(model)
    weights = read_weights(model, card, "litert")
    found = {}
    if data is not None:
        found["generated_validation"] = figures(score_generated(card, weights, data), card.threshold)
    if real is not None and donors is not None:
        found["real_captures"] = figures(score_real(card, weights, real, donors), card.threshold)
    return found


def score_generated(card: Card, weights: bytes, data: Path) -> Scored:
    """Judge the crops of a generated data set."""
    return Validation.of_crops(weights, read_crops(data)).scored(card.calibration)


def score_real(card: Card, weights: bytes, real: Path, donors: Path) -> Scored:
    """Judge real captures, untouched and forged, of the document types that the threshold was not chosen on."""
    crops = list(real_crops(real, donors, card.input_side_px, choosing=False))
    return Validation.of_real(weights, crops).scored(card.calibration)


def record_figures(model: Path, found: dict[str, dict[str, Any]]) -> None:
    """Write figures into the model's card, beside those of other data sets."""
    card = read_card(model)
    write_card(msgspec.structs.replace(card, figures={**card.figures, **found}), model)
