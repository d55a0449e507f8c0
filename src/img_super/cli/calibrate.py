"""`img-super calibrate`: move a model's threshold to your own documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img_super.cli.exits import give_up
from img_super.cli.own_documents import Attack, Data, Genuine, StorageOption, read_own, storage_options

if TYPE_CHECKING:
    from img_super.evaluation.own_calibration import Recalibrated

DEFAULT_BPCER = 0.05


def calibrate(
    data: Data = None,
    genuine: Genuine = None,
    attack: Attack = None,
    bpcer: Annotated[
        float | None,
        typer.Option(help="The share of genuine documents that may be rejected: 0.05 without it.", min=0.001, max=0.5),
    ] = None,
    cost_ratio: Annotated[
        float | None, typer.Option(help="Instead: what a missed attack costs, in false alarms.", min=0.001)
    ] = None,
    attack_share: Annotated[
        float, typer.Option(help="With --cost-ratio: the share of attacks among all that comes.", min=1e-6, max=0.9)
    ] = 0.01,
    model: Annotated[Path | None, typer.Option(help="A model's folder or a registry; the shipped one without.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the new model into this folder.")] = None,
    registry: Annotated[Path | None, typer.Option(help="Add the new model to this registry; it is made.")] = None,
    version: Annotated[str | None, typer.Option(help="The new model's version.")] = None,
    threads: Annotated[int, typer.Option(help="Photos that are read at once.", min=1)] = 2,
    storage_option: StorageOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the new card's own figures as one line of JSON.")] = False,
) -> None:
    """Choose thresholds on your own documents; ten genuine ones are enough to begin.

    Weights and scores stay as they are: what moves is from where on a score
    means superimposed. The new model has a version and a card of its own.

    \b
      img-super calibrate --genuine our/genuine --registry models
      img-super calibrate --data DATA --genuine TRUE --attack FALSE --bpcer 0.02 --registry models
      img-super calibrate --data labels.csv --cost-ratio 50 --attack-share 0.002 --out our-model
    """
    import msgspec

    from img_super.errors import ImgSuperError
    from img_super.evaluation.evaluate import Model
    from img_super.evaluation.own_calibration import OWN, Wish, recalibrate
    from img_super.pipeline.load import SHIPPED_MODEL
    from img_super.quiet import natively_quiet
    from img_super.registry.registry import serving_folder

    if (out is None) == (registry is None):
        raise typer.BadParameter("say where the new model goes: one of the two", param_hint="--out, --registry")
    if bpcer is not None and cost_ratio is not None:
        raise typer.BadParameter("one of the two decides", param_hint="--bpcer, --cost-ratio")
    try:
        parent = Model.read(serving_folder(model or SHIPPED_MODEL))
        own = read_own(data, genuine, attack, storage_options(storage_option), parent.folder, threads)
        wish = Wish(bpcer if bpcer or cost_ratio else DEFAULT_BPCER, cost_ratio, attack_share)
        named = version or f"{parent.card.version.partition('+')[0]}+cal.{own.fingerprint()[:8]}"
        with natively_quiet():
            found = recalibrate(parent, own, wish, named, threads)
        where = _keep(found, parent.folder, out, registry)
    except (ImgSuperError, ValueError) as error:
        raise give_up(str(error)) from error
    except OSError as error:
        raise give_up(f"{error.filename}: {error.strerror}.") from error
    if json:
        typer.echo(
            msgspec.json.encode({"version": named, "threshold": found.card.threshold, **found.card.figures[OWN]})
        )
    else:
        typer.echo("\n".join(found.sentences))
    typer.echo(where, err=json)


def _keep(found: Recalibrated, parent: Path, out: Path | None, registry: Path | None) -> str:
    """Write the card and a copy of its parent's weights; says what to do next."""
    from tempfile import TemporaryDirectory

    from img_super.registry.registry import Registry, is_registry

    if out is not None:
        _write(found, parent, out)
        return f"{found.card.title} is in {out}; `IMG_SUPER_MODEL={out}` serves it."
    if registry is None:
        raise ValueError("there is neither a folder nor a registry")
    opened = Registry.open(registry) if is_registry(registry) else Registry.create(registry, parent)
    with TemporaryDirectory() as folder:
        _write(found, parent, Path(folder))
        opened.add(Path(folder))
    return f"{found.card.title} is in {registry}; `img-super models promote {found.card.version}` lets it serve."


def _write(found: Recalibrated, parent: Path, folder: Path) -> None:
    from shutil import copyfile

    from img_super.registry.card import write_card

    folder.mkdir(parents=True, exist_ok=True)
    for file in found.card.files.values():
        copyfile(parent / file.name, folder / file.name)
    write_card(found.card, folder)
