"""`img-super train`: from a manifest of crops to trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    data: Annotated[Path, typer.Option(help="Training crops: a folder made by `synthesize`.")],
    validation: Annotated[Path, typer.Option(help="Validation crops: people and designs that training lacks.")],
    out: Annotated[Path, typer.Option(help="The run's folder; a run that stopped goes on from it.")],
    recipe: Annotated[str, typer.Option(help="A recipe's name or its TOML file.")] = "lite0_288",
    first_weights: Annotated[
        Path | None, typer.Option(help=".npz of training.imagenet or .keras of an earlier run; random without.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Use only so many training crops.")] = None,
) -> None:
    """Train the validation network and keep its best weights in the run's folder."""
    from img_super.evaluation.crops import read_crops
    from img_super.training.recipe import RECIPES, read_recipe
    from img_super.training.train import BEST_FILE, Run
    from img_super.training.train import train as train_network

    path = Path(recipe) if recipe.endswith(".toml") else RECIPES / f"{recipe}.toml"
    train_network(read_recipe(path), read_crops(data, limit), read_crops(validation), Run(out, first_weights))
    typer.echo(f"best weights in {out / BEST_FILE}")
