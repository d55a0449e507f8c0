"""`img-super calibrate`: move a model's threshold to your own documents."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from img_super.cli.options import StorageOption, storage_options
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
from img_super.model_card import write_card
from img_super.native_stderr import natively_quiet

if TYPE_CHECKING:
    from img_super.lab.evaluation.evaluate import MeasuredModel
    from img_super.lab.own_documents.read import OwnDocuments
    from img_super.lab.own_documents.recalibration import Recalibrated, Wish

DEFAULT_BPCER: Final = 0.05

_Bpcer = Annotated[
    float | None,
    typer.Option(help="Share of genuine documents that may be rejected; default: 0.05.", min=0.001, max=0.5),
]
_CostRatio = Annotated[
    float | None, typer.Option(help="Instead of --bpcer: what a missed attack costs, in false alarms.", min=0.001)
]
_AttackShare = Annotated[
    float, typer.Option(help="With --cost-ratio: the share of attacks among all documents.", min=1e-6, max=0.9)
]
_Parent = Annotated[Path | None, typer.Option(help="A model's folder or a registry; default: the shipped model.")]
_Out = Annotated[Path | None, typer.Option(help="Write the new model into this folder.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the new card's own figures as one line of JSON.")]


def calibrate(
    data: Data = None,
    genuine: Genuine = None,
    attack: Attack = None,
    bpcer: _Bpcer = None,
    cost_ratio: _CostRatio = None,
    attack_share: _AttackShare = 0.01,
    model: _Parent = None,
    out: _Out = None,
    registry: NewRegistry = None,
    version: NewVersion = None,
    threads: Threads = 2,
    storage_option: StorageOption = None,
    json: _Json = False,
) -> None:
    """Choose thresholds on your own documents; ten genuine ones are enough to start.

    Weights and scores stay the same; only the thresholds move. The result is
    a new model with its own version and card.

    \b
      img-super calibrate --genuine our/genuine --registry models
      img-super calibrate --data DATA --genuine TRUE --attack FALSE --bpcer 0.02 --registry models
      img-super calibrate --data labels.csv --cost-ratio 50 --attack-share 0.002 --out our-model
    """
    if (out is None) == (registry is None):
        raise typer.BadParameter("give exactly one: where to write the new model", param_hint="--out, --registry")
    if bpcer is not None and cost_ratio is not None:
        raise typer.BadParameter("give at most one", param_hint="--bpcer, --cost-ratio")
    from img_super.lab.own_documents.recalibration import Wish

    wish = Wish(bpcer if bpcer or cost_ratio else DEFAULT_BPCER, cost_ratio, attack_share)
    parent = parent_model(model)
    team = read_own(data, genuine, attack, storage_options(storage_option), parent.folder, threads)
    result = _recalibrated(parent, team, wish, version, threads)
    place = _keep(result, parent.folder, out, registry)
    _tell(result, json)
    typer.echo(place, err=json)


def _recalibrated(
    parent: MeasuredModel, team: OwnDocuments, wish: Wish, version: str | None, threads: int
) -> Recalibrated:
    from img_super.lab.own_documents.recalibration import recalibrate

    with natively_quiet():
        return recalibrate(parent, team, wish, version or new_version(parent, "cal", team), threads)


def _tell(result: Recalibrated, json: bool) -> None:
    from img_super.lab.own_documents.recalibration import OWN

    card = result.card
    if json:
        figures = msgspec.to_builtins(card.figures[OWN])
        typer.echo(msgspec.json.encode({"version": card.version, "threshold": card.threshold, **figures}).decode())
    else:
        typer.echo("\n".join(result.sentences))


def _keep(result: Recalibrated, parent: Path, out: Path | None, registry: Path | None) -> str:
    """Write the card and a copy of the parent's weights; return what to do next."""
    with TemporaryDirectory() as temporary:
        folder = out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for file in result.card.files.values():
            copyfile(parent / file.name, folder / file.name)
        write_card(result.card, folder)
        if registry is None:
            return kept_in_folder(result.card.title, folder)
        return keep_in_registry(folder, registry, parent)
