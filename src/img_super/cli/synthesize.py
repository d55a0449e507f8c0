"""`img-super synthesize`: render crops to learn from, with their manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def synthesize(
    data: Annotated[Path, typer.Option(help="Folder with portraits, backgrounds and designs.")],
    out: Annotated[Path, typer.Option(help="Where the shards and manifest.jsonl go; finished shards are kept.")],
    split: Annotated[str, typer.Option(help="`train` or `validation`: which people and designs.")] = "train",
    shards: Annotated[int, typer.Option(help="How many shards of about 100 crops.", min=1)] = 120,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pixels.")] = 1,
    side_px: Annotated[int, typer.Option(help="Side of the crops.", min=32)] = 224,
    processes: Annotated[int, typer.Option(help="How many processes render.", min=1)] = 2,
    cache: Annotated[Path | None, typer.Option(help="Where cut-outs are kept; beside `out` by default.")] = None,
) -> None:
    """Render genuine and forged documents, photographed, and cut their portraits out."""
    from rich.progress import track

    from img_super.synthesis.shards import render_data_set

    if split not in ("train", "validation"):
        raise typer.BadParameter("choose train or validation", param_hint="--split")
    rendered = render_data_set(
        data, cache or out.parent / "cut-outs", out, "train" if split == "train" else "validation", seed, shards,
        side_px, processes,
    )  # fmt: skip
    total = sum(track(rendered, description="Rendering shards", total=shards))
    typer.echo(f"{total} crops written to {out}")
