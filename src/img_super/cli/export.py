"""`img-super export`: trained weights -> LiteRT in float32 and int8, calibration, policies, card."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.model_card import ModelCard


def export(
    network: Annotated[Path, typer.Option(help="The trained Keras network (best.keras of a run).")],
    validation: Annotated[Path, typer.Option(help="Validation crops; calibration and thresholds come from them.")],
    out: Annotated[Path, typer.Option(help="The model's folder: weights and card.json.")],
    version: Annotated[str, typer.Option(help="The model's version, for its card.")],
    representative: Annotated[
        Path | None, typer.Option(help="Crops to calibrate the integer weights with; training crops are best.")
    ] = None,
    real: Annotated[
        list[Path] | None, typer.Option(help="Real captures, half of whose document types help to choose; repeatable.")
    ] = None,
    donors: Annotated[Path | None, typer.Option(help="CC0 portraits for forgeries on real captures.")] = None,
    int8: Annotated[bool, typer.Option(help="Also make integer weights; they serve if they measure better.")] = True,
) -> None:
    """Export a network: verified weights and their card."""
    from img_super.lab.dataset.crops import read_crops
    from img_super.lab.dataset.real_captures import real_crops
    from img_super.lab.shipping.export import REPRESENTATIVE_CROPS
    from img_super.lab.shipping.ship import ship

    if real and donors is None:
        raise typer.BadParameter("forgeries on real captures need donors", param_hint="--donors")
    crops = read_crops(validation)
    side_px = int(crops.crops.shape[1])
    choosing = list(real_crops(real, donors, side_px, choosing=True)) if real and donors else None
    representative_crops = read_crops(representative or validation, REPRESENTATIVE_CROPS).crops if int8 else None
    card = ship(network, out, crops, version, choosing, representative_crops)
    _tell(card)
    typer.echo(f"written to {out}")


def _tell(card: ModelCard) -> None:
    typer.echo(f"{card.name} {card.version}")
    for file, precision in card.precisions.items():
        chosen = "  <- serves" if file == card.serves else ""
        typer.echo(f"  {file}: AUC {precision.auc:.4f}, {precision.median_ms:.1f} ms a crop{chosen}")
    for name, policy in card.policies.items():
        low, high = policy.undetermined
        typer.echo(f"  {name}: threshold {policy.threshold}, a person looks from {low} to {high}")
