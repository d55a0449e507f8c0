"""`img-super train-detector` and `export-detector`: from whole photos to the one-pass network and its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train_detector(
    data: Annotated[Path, typer.Option(help="Training photos: a folder made by `synthesize-photos`.")],
    validation: Annotated[Path, typer.Option(help="Validation photos: people and designs that training lacks.")],
    out: Annotated[Path, typer.Option(help="The run's folder; a run that stopped goes on from it.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name or its TOML file.")] = "one_pass_224",
    first_weights: Annotated[
        Path | None, typer.Option(help=".keras of an earlier run; YuNet's backbone and random heads without.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Use only so many training photos.")] = None,
) -> None:
    """Train the one-pass detector and keep its best weights in the run's folder."""
    from img_super.lab.dataset.whole_photos import read_faces, read_photos
    from img_super.lab.training.detector.recipe import RECIPES, read_detector_recipe
    from img_super.lab.training.detector.train import DetectorRun
    from img_super.lab.training.detector.train import train_detector as train
    from img_super.lab.training.recipe import recipe_file
    from img_super.lab.training.train import BEST_FILE

    training = read_photos(data, limit), read_faces(data)
    chosen = read_detector_recipe(recipe_file(recipe, RECIPES))
    train(chosen, training, read_photos(validation), DetectorRun(out, first_weights))
    typer.echo(f"best weights in {out / BEST_FILE}")


def export_detector(
    network: Annotated[Path, typer.Option(help="The trained Keras network (best.keras of a run).")],
    validation: Annotated[Path, typer.Option(help="Validation photos; the least confidence comes from them.")],
    out: Annotated[Path, typer.Option(help="The model's folder: weights and card.json.")],
    version: Annotated[str, typer.Option(help="The model's version, for its card.")],
    real: Annotated[Path | None, typer.Option(help="Real captures, which are only measured.")] = None,
) -> None:
    """Write the detector's files and their card."""
    import msgspec

    from img_super.lab.shipping.ship_detector import ship_detector

    card = ship_detector(network, out, validation, version, real)
    typer.echo(f"{card.name} {card.version}: asks the precise detector below {card.min_confidence}")
    for name, figures in card.figures.items():
        typer.echo(f"  {name}: {msgspec.json.encode(figures).decode()}")
    typer.echo(f"written to {out}")
