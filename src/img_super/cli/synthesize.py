"""`img-super synthesize`: render crops to learn from, with their manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from img_super.synthesis.shards import Job

_DRAWN_WITHOUT_DATA = 60


def synthesize(
    out: Annotated[Path, typer.Option(help="Where shards and manifest.jsonl go; finished shards are kept.")],
    count: Annotated[int, typer.Option(help="How many samples; half of them are genuine.", min=2)] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    split: Annotated[str, typer.Option(help="`train` or `validation`: which people, designs, backgrounds.")] = "train",
    data: Annotated[
        Path | None, typer.Option(help="Folder with portraits, backgrounds and DocXPand's designs; may be left out.")
    ] = None,
    drawn: Annotated[
        int | None, typer.Option(help="Portraits to draw on demand: none, or 60 without --data.", min=0)
    ] = None,
    portraits: Annotated[list[str] | None, typer.Option(help="Only this source (cc0, gan, drawn); repeat.")] = None,
    designs: Annotated[list[str] | None, typer.Option(help="Only this family of designs; repeat.")] = None,
    species: Annotated[list[str] | None, typer.Option(help="Only this kind of attack; repeat.")] = None,
    side_px: Annotated[int, typer.Option(help="Side of the crops.", min=32)] = 256,
    photos: Annotated[bool, typer.Option("--photos", help="Keep the whole photos, too; slower.")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write one contact sheet a kind of attack here.")] = None,
    processes: Annotated[int, typer.Option(help="How many processes render.", min=1)] = 2,
    cache: Annotated[Path | None, typer.Option(help="Where mattes and landmarks are kept; beside --out.")] = None,
) -> None:
    """Render genuine and forged documents, photographed, and cut their portraits out."""
    from img_super.errors import ImgSuperError
    from img_super.synthesis.pair import Options
    from img_super.synthesis.preview import preview_data_set
    from img_super.synthesis.shards import Job
    from img_super.synthesis.superimpositions import SPECIES

    if split not in ("train", "validation"):
        raise typer.BadParameter("choose train or validation", param_hint="--split")
    if unknown := set(species or ()) - set(SPECIES):
        raise typer.BadParameter(
            f"{', '.join(sorted(unknown))}: choose from {', '.join(SPECIES)}", param_hint="--species"
        )
    job = Job(
        out=out, cache=cache or out.parent / "portraits-cache", split="train" if split == "train" else "validation",
        count=count + count % 2, seed=seed, side_px=side_px, data=data,
        drawn=(_DRAWN_WITHOUT_DATA if data is None else 0) if drawn is None else drawn,
        portraits=tuple(portraits or ()), designs=tuple(designs or ()), photos=photos,
        options=Options(tuple(species or SPECIES), whole_card=photos),
    )  # fmt: skip
    try:
        _render(job, processes)
        if preview is not None:
            preview_data_set(out, preview)
    except ImgSuperError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{job.count} samples in {out}")


def _render(job: Job, processes: int) -> None:
    from rich.progress import Progress

    from img_super.synthesis.shards import prepare, render_data_set

    with Progress() as progress:
        waiting = progress.add_task("Preparing portraits", total=None)
        prepare(job, lambda done, total: progress.update(waiting, completed=done, total=total))
        progress.update(waiting, completed=1, total=1)
        task = progress.add_task("Rendering samples", total=job.count)
        for rendered in render_data_set(job, processes):
            progress.update(task, advance=rendered)
