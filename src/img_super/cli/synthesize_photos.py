"""`img-super synthesize-photos`: render whole photos for the one-pass detector to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_DRAWN_WITHOUT_DATA = 60


def synthesize_photos(
    out: Annotated[Path, typer.Option(help="Where photos and manifest.jsonl go; finished parts are kept.")],
    count: Annotated[int, typer.Option(help="How many photos; half of them are genuine.", min=2)] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    split: Annotated[str, typer.Option(help="`train` or `validation`: which people, designs, backgrounds.")] = "train",
    data: Annotated[
        Path | None, typer.Option(help="Folder with portraits, backgrounds and DocXPand's designs; may be left out.")
    ] = None,
    drawn: Annotated[
        int | None, typer.Option(help="Portraits to draw on demand: none, or 60 without --data.", min=0)
    ] = None,
    processes: Annotated[int, typer.Option(help="How many processes render.", min=1)] = 2,
    cache: Annotated[Path | None, typer.Option(help="Where mattes and landmarks are kept; beside --out.")] = None,
) -> None:
    """Render small photos of whole documents, with the places of everything on them."""
    from img_super.errors import ImgSuperError
    from img_super.synthesis.whole_photos import Job, prepare, render_photos

    if split not in ("train", "validation"):
        raise typer.BadParameter("choose train or validation", param_hint="--split")
    job = Job(
        out=out, cache=cache or out.parent / "portraits-cache", split="train" if split == "train" else "validation",
        count=count + count % 2, seed=seed, data=data,
        drawn=(_DRAWN_WITHOUT_DATA if data is None else 0) if drawn is None else drawn,
    )  # fmt: skip
    try:
        prepare(job)
        for rendered in render_photos(job, processes):
            typer.echo(f"{rendered} photos more", err=True)
    except ImgSuperError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{job.count} photos in {out}")
