"""`img-super export`: trained weights -> LiteRT, calibration, threshold, card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    network: Annotated[Path, typer.Option(help="The trained Keras network (best.keras of a run).")],
    validation: Annotated[Path, typer.Option(help="Validation crops; calibration and threshold come from them.")],
    out: Annotated[Path, typer.Option(help="The model's folder: weights and card.json.")],
    version: Annotated[str, typer.Option(help="The model's version, for its card.")],
    real: Annotated[
        Path | None, typer.Option(help="Real captures; half of their document types help to choose.")
    ] = None,
    donors: Annotated[Path | None, typer.Option(help="CC0 portraits for forgeries on real captures.")] = None,
) -> None:
    """Write the files that ship: both networks, proven equal, and their card."""
    from img_super.evaluation.card import Validation, make_card
    from img_super.evaluation.crops import read_crops
    from img_super.evaluation.real_captures import real_crops
    from img_super.registry.card import write_card
    from img_super.registry.export import export_file

    files = export_file(network, out)
    litert, crops = (out / files["litert"].name).read_bytes(), read_crops(validation)
    side_px = int(crops.crops.shape[1])
    sets = [Validation.of_crops(litert, crops)]
    if real is not None and donors is not None:
        sets.append(Validation.of_real(litert, list(real_crops(real, donors, side_px, choosing=True))))
    card = make_card(files, side_px, sets, version)
    write_card(card, out)
    typer.echo(f"{card.name} {card.version}: threshold {card.threshold}, in {out}")
