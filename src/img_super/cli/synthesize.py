"""`img-super synthesize`: render crops to learn from, with their manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from img_super.cli.rendering import Cache, Data, Drawn, Processes, Seed, Split, cache_of, drawn_of, render


def synthesize(
    out: Annotated[Path, typer.Option(help="Where shards and manifest.jsonl go; finished shards are kept.")],
    count: Annotated[int, typer.Option(help="How many samples; half of them are genuine.", min=2)] = 1000,
    seed: Seed = 1,
    split: Split = "train",
    data: Data = None,
    drawn: Drawn = None,
    portraits: Annotated[list[str] | None, typer.Option(help="Only this source (cc0, gan, drawn); repeat.")] = None,
    designs: Annotated[list[str] | None, typer.Option(help="Only this family of designs; repeat.")] = None,
    species: Annotated[list[str] | None, typer.Option(help="Only this kind of attack; repeat.")] = None,
    stages: Annotated[
        list[str] | None, typer.Option(help="Only attacks made there (file, card, photo, screen); repeat.")
    ] = None,
    side_px: Annotated[int, typer.Option(help="Side of the crops.", min=32)] = 256,
    photos: Annotated[bool, typer.Option("--photos", help="Keep the whole photos, too; slower.")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write one contact sheet a kind of attack here.")] = None,
    processes: Processes = 2,
    cache: Cache = None,
) -> None:
    """Render genuine and forged documents, photographed, and cut their portraits out."""
    from img_super.lab.synthesis.pair import Options
    from img_super.lab.synthesis.preview import preview_data_set
    from img_super.lab.synthesis.shards import CropJob, render_data_set
    from img_super.lab.synthesis.superimpositions import SPECIES, STAGES

    options = Options(_chosen(species, SPECIES, "--species"), _chosen(stages, STAGES, "--stages"), whole_card=photos)
    if not options.possible:
        raise typer.BadParameter(f"{', '.join(options.species)}: no attack is of these.", param_hint="--stages")
    job = CropJob(
        out, cache_of(cache, out), split, count, seed, data, drawn_of(drawn, data),
        tuple(portraits or ()), tuple(designs or ()), side_px=side_px, photos=photos,
        options=options,
    )  # fmt: skip
    render(job, render_data_set(job, processes))
    if preview is not None:
        preview_data_set(out, preview)


def _chosen(wanted: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    if unknown := set(wanted or ()) - set(known):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(known)}", param_hint=option)
    return tuple(wanted or known)
