"""`img-super train-detector` and `export-detector`: train and export the one-pass detector."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer


def train_detector(
    data: Annotated[Path, typer.Option(help="Training photos: a folder made by `synthesize-photos`.")],
    validation: Annotated[Path, typer.Option(help="Validation photos: people and designs that training lacks.")],
    out: Annotated[Path, typer.Option(help="The run's folder; a stopped run resumes from it.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name or its TOML file.")] = "one_pass_224",
    first_weights: Annotated[
        Path | None, typer.Option(help=".keras of an earlier run; default: YuNet's backbone and random heads.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Use at most this many training photos.")] = None,
) -> None:
    """Train the one-pass detector; its best weights stay in the run's folder."""
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
    validation: Annotated[Path, typer.Option(help="Validation photos; the minimum confidence is chosen on them.")],
    out: Annotated[Path, typer.Option(help="The model's folder: weights and card.json.")],
    version: Annotated[str, typer.Option(help="The model's version, for its card.")],
    real: Annotated[Path | None, typer.Option(help="Real captures, for measuring only.")] = None,
) -> None:
    """Export the detector and its card."""
    from img_super.lab.shipping.ship_detector import ship_detector

    card = ship_detector(network, out, validation, version, real)
    typer.echo(f"{card.name} {card.version}: asks the precise detector below {card.min_confidence}")
    for name, figures in card.figures.items():
        typer.echo(f"  {name}: {msgspec.json.encode(figures).decode()}")
    typer.echo(f"written to {out}")
