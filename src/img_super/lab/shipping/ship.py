"""Turns a trained network into a model folder: verified or measured files and their card."""

from pathlib import Path
from typing import Final

import msgspec

from img_super.domain import UInt8Array
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.forged_photos import ForgedCrop
from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.shipping.card import PORTRAIT_VALIDATOR, About, Validation, make_card
from img_super.lab.shipping.export import export_network
from img_super.lab.shipping.precision import FLOAT, INT8, compare_precisions, which_serves
from img_super.model_card import ModelCard, write_card
from img_super.validator.litert import LiteRtNetwork
from img_super.validator.saved_network import open_network

CHOOSING: Final = "real_captures_choosing"


def ship(
    trained: Path,
    folder: Path,
    validation: CropSet,  # generated crops that training has not seen
    version: str,
    real: list[ForgedCrop] | None = None,  # real captures that help to choose; see `real_captures`
    representative: UInt8Array | None = None,  # crops for the int8 weights; None: float32 only
    about: About = PORTRAIT_VALIDATOR,
    own: tuple[str, Validation] | None = None,  # name and answers of a team's own documents, which also help to choose
) -> ModelCard:
    """Export a `.keras` file, choose what serves, calibrate it, choose its policies, write its card.

    Raises `ExportFailed`: LiteRT's answers differ from Keras's; `ValueError`: the network's logits do not rise with
    suspicion.
    """
    files = export_network(open_network(trained), folder, representative)
    weights = {file: (folder / entry.name).read_bytes() for file, entry in files.items() if file in (FLOAT, INT8)}
    precisions = compare_precisions(weights, validation)
    serves = which_serves(precisions)
    sets = {GENERATED: Validation.of_crops(weights[serves], validation)}
    if real:
        sets[CHOOSING] = Validation.of_real(weights[serves], real)
    if own is not None:
        sets[own[0]] = own[1]
    side_px = LiteRtNetwork(weights[FLOAT]).side_px
    card = make_card(files, side_px, sets, version, about)
    card = msgspec.structs.replace(card, serves=serves, precisions=precisions)
    write_card(card, folder)
    return card
