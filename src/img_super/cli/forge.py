"""`img-super forge`: train on attacks made on the fly, on rendered documents and real captures."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.cli.rendering import Cache, Processes, Seed, Split, cache_of, render

forge = typer.Typer(name="forge", help="Train on attacks made on the fly.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Folder with portraits-*, backgrounds and real-bases.")]


@forge.command()
def bases(
    out: Annotated[Path, typer.Option(help="Folder for the shards; finished ones are kept.")],
    data: Data,
    count: Annotated[int, typer.Option(help="Number of genuine documents.", min=1)] = 1000,
    seed: Seed = 1,
    split: Split = "train",
    processes: Processes = 2,
    drawn: Annotated[int, typer.Option(help="Additional portraits to draw; training swaps their faces.", min=0)] = 0,
    cache: Cache = None,
) -> None:
    """Render genuine documents to forge, and add the real captures."""
    from img_super.lab.dataset.real_captures import KEPT_FROM_TRAINING
    from img_super.lab.forging.base import SUFFIX, write_bases
    from img_super.lab.forging.real import real_bases
    from img_super.lab.forging.rendered import BaseJob, render_bases
    from img_super.lab.synthesis.portraits.folder import PortraitNetworks

    job = BaseJob(out / "rendered", cache_of(cache, out), split, count, seed, data, drawn, shard_size=50)
    render(job, render_bases(job, processes))
    if (data / "real-bases").is_dir():
        photos = list(real_bases(data / "real-bases", PortraitNetworks(), KEPT_FROM_TRAINING))
        (out / "real").mkdir(exist_ok=True)
        write_bases(out / "real" / f"captures{SUFFIX}", photos)
        typer.echo(f"{len(photos)} real captures in {out / 'real'}")


@forge.command()
def train(
    bases: Annotated[Path, typer.Option(help="Made by `forge bases`.")],
    data: Data,
    first: Annotated[Path, typer.Option(help="The network to start from: a `.keras` file.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints; a stopped training resumes from them.")],
    recipe: Annotated[str, typer.Option(help="Its name, or a TOML file.")] = "forged",
    cache: Cache = None,
) -> None:
    """Train on attacks that are never repeated; writes `after.keras` and `mean.keras`, its mean with the first
    network."""
    from img_super.lab.forging.learn import learn, read_streams
    from img_super.lab.training.folded.train import RECIPES, FoldedRecipe
    from img_super.lab.training.recipe import read_recipe_as, recipe_file

    settings = read_recipe_as(FoldedRecipe, recipe_file(recipe, RECIPES))
    learn(first, read_streams(settings, bases, data, cache_of(cache, bases)), out)
