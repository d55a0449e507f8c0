"""`img-super train`: train the validation network."""

from pathlib import Path
from typing import Annotated, Any

import typer

from img_super.cli.fine_tune import fine_tune
from img_super.cli.options import RunFolder, ValidationCrops, pasted

_Data = Annotated[str | None, typer.Option(help="Training crops: a folder made by `synthesize`.")]
_Recipe = Annotated[str | None, typer.Option(help="A recipe's name or TOML file; default: lite0_288.")]
_FirstWeights = Annotated[
    Path | None, typer.Option(help=".npz of training.imagenet or .keras of an earlier run; default: random.")
]
_Limit = Annotated[int | None, typer.Option(help="Use at most this many training crops.")]
_From = Annotated[Path | None, typer.Option("--from", help="Former name of `fine-tune`; takes its options.")]
_Words = Annotated[list[str] | None, typer.Option(hidden=True)]
_Word = Annotated[str | None, typer.Option(hidden=True)]
_Folder = Annotated[Path | None, typer.Option(hidden=True)]
_Number = Annotated[int | None, typer.Option(hidden=True, min=0)]


def train(
    validation: ValidationCrops,
    out: RunFolder,
    data: _Data = None,
    recipe: _Recipe = None,
    first_weights: _FirstWeights = None,
    limit: _Limit = None,
    from_: _From = None,
    genuine: _Words = None,
    attack: _Words = None,
    generated: _Folder = None,
    folds: _Number = None,
    exchanges: _Number = None,
    registry: _Folder = None,
    version: _Word = None,
    threads: _Number = None,
    storage_option: _Words = None,
) -> None:
    """Train the validation network. For your own documents, use `fine-tune`.

    \b
      img-super synthesize --out crops --count 20000 --side-px 288
      img-super train --data crops --validation val --out runs/1
    """
    if from_ is None:
        _train(recipe or "lite0_288", data, validation, out, first_weights, limit)
        return
    if generated is None:
        raise typer.BadParameter("a tuned model forgets without generated crops mixed in", param_hint="--generated")
    flags: dict[str, Any] = {
        "data": data, "genuine": genuine, "attack": attack, "recipe": recipe, "folds": folds, "exchanges": exchanges,
        "registry": registry, "version": version, "threads": threads, "storage_option": storage_option,
    }  # fmt: skip
    fine_tune(generated, validation, out, from_, **{name: value for name, value in flags.items() if value is not None})


def _train(
    recipe: str, data: str | None, validation: Path, out: Path, first_weights: Path | None, limit: int | None
) -> None:
    from img_super.lab.dataset.crops import read_crops
    from img_super.lab.dataset.streams import stream_crops
    from img_super.lab.training.learnable import learnable
    from img_super.lab.training.recipe import read_recipe, recipe_file
    from img_super.lab.training.train import BEST_FILE, Run, train

    if data is None:
        raise typer.BadParameter("training needs crops", param_hint="--data")
    chosen, stream = read_recipe(recipe_file(recipe)), stream_crops(Path(data), limit)
    training = stream.at(learnable(stream.rows, chosen.kept_care))
    train(chosen, training, read_crops(validation), Run(out, first_weights))
    typer.echo(exportable(out / BEST_FILE, validation, out))


def exportable(network: Path, validation: Path, out: Path) -> str:
    """What to do next with the trained weights."""
    words = ("--network", network, "--validation", validation, "--out", out / "model", "--version", out.name)
    return f"best weights in {network}; {pasted('img-super', 'export', *words)} makes a model of them."
