"""Options and messages for a team's own labelled photos."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress
from rich.text import Text

from img_super.cli.options import pasted
from img_super.cli.pipeline import pipeline_for
from img_super.domain import Label
from img_super.native_stderr import natively_quiet
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.registry.registry import Registry, is_registry, serving_folder

if TYPE_CHECKING:
    from img_super.lab.evaluation.evaluate import MeasuredModel
    from img_super.lab.own_documents.compare import NextStep
    from img_super.lab.own_documents.places import Places
    from img_super.lab.own_documents.read import OwnDocuments
    from img_super.sources.found import Storage

Data = Annotated[
    str | None,
    typer.Option(
        help="Your labelled photos: a folder with one folder per class, or a table (.jsonl, .csv); also a URL (s3://...)."
    ),
]
Genuine = Annotated[
    list[str] | None,
    typer.Option(help="Genuine documents: a folder, glob, archive or URL; with --data, a folder in it. Repeatable."),
]
Attack = Annotated[list[str] | None, typer.Option(help="Superimposed portraits, likewise.")]
NewRegistry = Annotated[Path | None, typer.Option(help="Add the new model to this registry, created if needed.")]
NewVersion = Annotated[str | None, typer.Option(help="The new model's version.")]
Threads = Annotated[int, typer.Option(help="Photos read at once.", min=1)]

_SHIPPED: Final = "shipped"
_SHOWN: Final = 5


def parent_model(name: Path | None) -> MeasuredModel:
    """The model to start from: `shipped` or None, a model's folder, or a registry's promoted version.

    Raises `BadModel` if there is none.
    """
    from img_super.lab.evaluation.evaluate import MeasuredModel

    return MeasuredModel.read(SHIPPED_MODEL if name in (None, Path(_SHIPPED)) else serving_folder(name))


def new_version(parent: MeasuredModel, step: str, team: OwnDocuments) -> str:
    """A version such as 0.7.0+cal.3f2a91c0: the parent's, the step, and the photos' fingerprint."""
    return f"{parent.card.version.partition('+')[0]}+{step}.{team.fingerprint()[:8]}"


def kept_in_folder(title: str, folder: Path, step: NextStep | None = None) -> str:
    """What to do next with a model in a folder."""
    return f"{title} is in {folder}; {_next(step, folder, _serving('MODEL', folder) + ' serves it')}."


def keep_in_registry(model: Path, folder: Path, parent: Path, step: NextStep | None = None) -> str:
    """Add a model to a registry, created with its parent if missing; return what to do next.

    Raises `BadModel`: the registry has another model of this version.
    """
    registry = Registry.open(folder) if is_registry(folder) else Registry.create(folder, parent)
    card = registry.add(model)
    return f"{card.title} is in {folder}; {_next(step, folder / card.version, promotion(card.version, folder))}."


def promotion(version: str, registry: Path) -> str:
    """How to promote a version of a registry."""
    return f"{pasted('img-super', 'models', 'promote', version, '--registry', registry)} promotes it"


def _serving(setting: str, folder: Path) -> str:
    return f"`IMG_SUPER_{setting}={quote(str(folder))} img-super serve`"


def _next(step: NextStep | None, model: Path, otherwise: str) -> str:
    """The next step; `step` is None if the models were not compared."""
    from img_super.lab.own_documents.compare import NextStep

    if step is NextStep.KEEP_OLD:
        return "the old one goes on serving"
    return f"{_serving('SHADOW_MODEL', model)} runs it in the shadow" if step is NextStep.SHADOW else otherwise


def read_own(
    data: str | None,
    genuine: Sequence[str] | None,
    attack: Sequence[str] | None,
    storage: Storage,
    model: Path,
    threads: int,
) -> OwnDocuments:
    """Announce which photos are which, read them as this model's service would, report omissions.

    Raises `BadModel`: the model cannot be loaded; `BadLabels`: nothing can be read, or nobody said which are genuine;
    `SourceError`: a source is missing.
    """
    from img_super.lab.own_documents.places import find_places

    places = find_places(data, genuine or (), attack or (), storage, _confirm)
    _tell_loudly(places)
    with natively_quiet():
        team = _read(places, storage, model, threads)
    _tell_what_was_read(team)
    return team


def _confirm(question: str) -> bool:
    """Ask only at a terminal."""
    return sys.stdin.isatty() and typer.confirm(question, err=True)


def _tell_loudly(places: Places) -> None:
    Console(stderr=True).print(Panel(Text(places.in_words(), style="bold"), title="What is what", expand=False))


def _read(places: Places, storage: Storage, model: Path, threads: int) -> OwnDocuments:
    from img_super.lab.own_documents.read import Reading

    photos = places.photos(storage)
    pipeline, _ = pipeline_for(model=model)  # with the service's detector: another box would give another score
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Reading photos", total=len(photos))
        return Reading(pipeline, storage, threads).read(photos, lambda: progress.update(task, advance=1))


def _tell_what_was_read(team: OwnDocuments) -> None:
    genuine, attack = team.count(Label.BONA_FIDE), team.count(Label.ATTACK)
    documents = len(np.unique(team.documents))
    typer.echo(
        f"{genuine} genuine and {attack} superimposed photos of {documents} different documents "
        "(copies, look-alikes and files of the same name count as one document).",
        err=True,
    )
    for code, count in Counter(photo.code for photo in team.left_out).most_common():
        names = [photo.name for photo in team.left_out if photo.code == code]
        unlisted = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        typer.echo(f"{count} left out, {code}: {', '.join(names[:_SHOWN])}{unlisted}", err=True)
