"""Shared by the verbs that render data sets: options and a progress bar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.progress import Progress

from img_super.native_stderr import natively_quiet

if TYPE_CHECKING:
    from img_super.lab.synthesis.crew import RenderJob

Seed = Annotated[int, typer.Option(help="Random seed; the same one gives the same bytes.")]
Split = Annotated[Literal["train", "validation"], typer.Option(help="Which people, designs and backgrounds.")]
Data = Annotated[Path | None, typer.Option(help="Folder with portraits, backgrounds and DocXPand's designs; optional.")]
Drawn = Annotated[
    int | None, typer.Option(help="Portraits to draw on demand; default: none, or 60 without --data.", min=0)
]
Processes = Annotated[int, typer.Option(help="Processes that render.", min=1)]
Cache = Annotated[Path | None, typer.Option(help="Folder for mattes and landmarks; default: next to --out.")]

_DRAWN_WITHOUT_DATA: Final = 60


def cache_of(cache: Path | None, out: Path) -> Path:
    """The cache folder: as given, or next to the data set."""
    return cache or out.parent / "portraits-cache"


def drawn_of(drawn: int | None, data: Path | None) -> int:
    """The number of portraits to draw: as given, or some if there is no other source."""
    if drawn is not None:
        return drawn
    return _DRAWN_WITHOUT_DATA if data is None else 0


def render(job: RenderJob, shards: Iterator[int]) -> None:
    """Prepare the portraits and render the shards with a progress bar; `shards` yields their sizes."""
    from img_super.lab.synthesis.crew import prepare

    job.out.mkdir(parents=True, exist_ok=True)  # fails before any portrait is drawn
    rendered = 0
    with Progress() as progress:
        waiting = progress.add_task("Preparing portraits", total=None)
        with natively_quiet():
            prepare(job, lambda done, total: progress.update(waiting, completed=done, total=total))
        progress.update(waiting, completed=1, total=1)
        task = progress.add_task("Rendering samples", total=job.count)
        for size in shards:
            rendered += size
            progress.update(task, advance=size)
    typer.echo(f"{rendered} new samples in {job.out}")
