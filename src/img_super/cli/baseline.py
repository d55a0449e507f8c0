"""`img-super baseline`: train the baselines that the network must beat, for `evaluate`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

_WATCHED_CROPS: Final = 600
"""As many as the network's training uses to choose its best epoch."""


class Kind(StrEnum):
    """The old system's CNN, or ImageNet features with a logistic regression."""

    OLD_SYSTEM = "old-system"
    FROZEN_BACKBONE = "frozen-backbone"


def baseline(
    kind: Annotated[Kind, typer.Argument(help="The baseline.")],
    data: Annotated[Path, typer.Option(help="Training crops: a folder made by `synthesize`.")],
    validation: Annotated[Path, typer.Option(help="Validation crops; calibration and thresholds come from them.")],
    out: Annotated[Path, typer.Option(help="The baseline's folder, with card.json; it is not shipped.")],
    imagenet: Annotated[
        Path | None, typer.Option(help=".npz of training.imagenet; only the frozen backbone needs it.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Use at most this many training crops.", min=1)] = None,
    epochs: Annotated[int, typer.Option(help="Epochs of the old system's CNN.", min=1)] = 5,
) -> None:
    """Train a baseline; calibrate it and choose its thresholds like the network's."""
    from img_super.lab.dataset.crops import read_crops
    from img_super.lab.dataset.measured_sets import GENERATED
    from img_super.lab.shipping.card import About
    from img_super.lab.shipping.ship import ship
    from img_super.lab.training.baselines import fit_frozen_backbone, train_old_system

    if kind is Kind.FROZEN_BACKBONE and imagenet is None:
        raise typer.BadParameter("the frozen backbone needs ImageNet weights", param_hint="--imagenet")
    training, held_out = read_crops(data, limit), read_crops(validation)
    if kind is Kind.FROZEN_BACKBONE and imagenet is not None:
        network = fit_frozen_backbone(training, imagenet)
    else:
        network = train_old_system(training, held_out.first(_WATCHED_CROPS), epochs)
    trained = out / "trained.keras"
    out.mkdir(parents=True, exist_ok=True)
    network.save(trained)
    name = kind.value.replace("-", "_")
    note = About(name, f"{len(training.labels)} of the network's training crops.", ["A baseline: not for serving."], "")
    card = ship(trained, out, held_out, "1", about=note)
    trained.unlink()
    auc = card.figures[GENERATED].auc
    typer.echo(f"{name}: in {out}" if auc is None else f"{name}: AUC {auc.value:.3f}, in {out}")
