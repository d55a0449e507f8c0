"""`img-super fine-tune`: improve a model with your own photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from img_super.cli.options import RunFolder, StorageOption, ValidationCrops, storage_options
from img_super.cli.own_documents import (
    Attack,
    Data,
    Genuine,
    NewRegistry,
    NewVersion,
    Threads,
    keep_in_registry,
    kept_in_folder,
    new_version,
    parent_model,
    read_own,
)
from img_super.model_card import read_weights
from img_super.native_stderr import natively_quiet

if TYPE_CHECKING:
    from img_super.lab.dataset.crops import CropSet
    from img_super.lab.evaluation.evaluate import MeasuredModel
    from img_super.lab.own_documents.fine_tune import Tuned
    from img_super.lab.own_documents.read import OwnDocuments
    from img_super.lab.own_documents.tuned import ShippedTuned

_MODEL_FOLDER: Final = "model"
SHIPPED: Final = Path("shipped")

_Generated = Annotated[Path, typer.Option(help="Generated crops to mix in, made by `synthesize`.")]
_From = Annotated[
    Path, typer.Option("--from", help="What to tune: `shipped`, a model's folder or a registry (its promoted version).")
]
_Recipe = Annotated[
    str | None,
    typer.Option(
        help="A recipe's name or TOML file, such as fine_tune, to train the layers too; far slower, and it gained "
        "less with a few hundred photos."
    ),
]
_Exchanges = Annotated[
    int,
    typer.Option(
        help="Attacks to make of each of your genuine photos by exchanging portraits among them, in place of or "
        "beside real ones. 0: none.",
        min=0,
        max=20,
    ),
]
_Folds = Annotated[int, typer.Option(help="Number of cross-validation folds.", min=2, max=10)]


def fine_tune(
    generated: _Generated,
    validation: ValidationCrops,
    out: RunFolder,
    from_: _From = SHIPPED,
    data: Data = None,
    genuine: Genuine = None,
    attack: Attack = None,
    recipe: _Recipe = None,
    folds: _Folds = 4,
    exchanges: _Exchanges = 2,
    registry: NewRegistry = None,
    version: NewVersion = None,
    threads: Threads = 2,
    storage_option: StorageOption = None,
) -> None:
    """Fine-tune a network on your own documents.

    \b
      img-super synthesize --out mixed-in --count 600 --side-px 352
      img-super fine-tune --data DATA --genuine TRUE --attack FALSE \\
        --generated mixed-in --validation val --out runs/ours --registry models

    Cross-validates by document, compares the tuned model with the original
    and says which one is better. Without --attack it learns from genuine photos and attacks made from them, and reports
    what remains unknown.
    """
    parent = parent_model(from_)
    team = read_own(data, genuine, attack, storage_options(storage_option), parent.folder, threads)
    tuned = _tune(parent, team, recipe, generated, validation, out, folds, exchanges, version, threads)
    typer.echo("\n".join(tuned.sentences()))
    typer.echo(_keep(tuned, parent, out, registry))


def _tune(
    parent: MeasuredModel,
    team: OwnDocuments,
    recipe: str | None,
    generated: Path,
    validation: Path,
    out: Path,
    folds: int,
    exchanges: int,
    version: str | None,
    threads: int,
) -> ShippedTuned:
    from img_super.lab.dataset.crops import read_crops
    from img_super.lab.own_documents.fine_tune import own_crops
    from img_super.lab.own_documents.tuned import REPORT_FILE, OwnAnswers, ship_tuned

    read_weights(parent.folder, parent.card, "keras")  # fails if missing or not what the card describes
    parent_weights = parent.folder / parent.card.files["keras"].name
    crops, shipped_validation = own_crops(team), read_crops(validation)
    tuned = _learn(recipe, crops, read_crops(generated), parent_weights, out, folds, exchanges)
    typer.echo("Comparing both models")
    new_name = version or new_version(parent, "own", team)
    answers = OwnAnswers(team, crops, tuned.logits, tuned.exchanged)
    with natively_quiet():
        shipped = ship_tuned(parent, tuned.weights, answers, shipped_validation, out / _MODEL_FOLDER, new_name, threads)
    (out / REPORT_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(shipped.as_json()), indent=2) + b"\n")
    return shipped


def _learn(
    recipe: str | None, team: CropSet, generated: CropSet, parent_weights: Path, out: Path, folds: int, exchanges: int
) -> Tuned:
    """Retrain a final layer or, with a recipe, the network's layers."""
    from img_super.lab.own_documents.fine_tune import fine_tune
    from img_super.lab.own_documents.logit_probe import fine_tune_head
    from img_super.lab.training.learnable import learnable
    from img_super.lab.training.recipe import read_recipe, recipe_file

    if recipe is None:
        return fine_tune_head(team, generated, parent_weights, out, folds, typer.echo, exchanges)
    chosen = read_recipe(recipe_file(recipe))
    sized = msgspec.structs.replace(chosen, input_side_px=team.crops.shape[1])
    allowed = generated.at(learnable(generated.rows, chosen.kept_care))
    return fine_tune(sized, team, allowed, parent_weights, out, folds, typer.echo)


def _keep(tuned: ShippedTuned, parent: MeasuredModel, out: Path, registry: Path | None) -> str:
    folder = out / _MODEL_FOLDER
    if registry is None:
        return kept_in_folder(tuned.card.title, folder, tuned.advice.step)
    return keep_in_registry(folder, registry, parent.folder, tuned.advice.step)
