"""`img-super synthesize`: render crops for training, with a manifest."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.cli.rendering import Cache, Data, Drawn, Processes, Seed, Split, cache_of, drawn_of, render


def synthesize(
    out: Annotated[Path, typer.Option(help="Folder for shards and manifest.jsonl; finished shards are kept.")],
    count: Annotated[int, typer.Option(help="Number of samples; half are genuine.", min=2)] = 1000,
    seed: Seed = 1,
    split: Split = "train",
    data: Data = None,
    drawn: Drawn = None,
    portraits: Annotated[list[str] | None, typer.Option(help="Only this source (cc0, gan, drawn); repeatable.")] = None,
    designs: Annotated[list[str] | None, typer.Option(help="Only this family of designs; repeatable.")] = None,
    species: Annotated[list[str] | None, typer.Option(help="Only this kind of attack; repeatable.")] = None,
    stages: Annotated[
        list[str] | None, typer.Option(help="Only attacks made at this stage (file, card, photo, screen); repeatable.")
    ] = None,
    side_px: Annotated[int, typer.Option(help="Side of the crops, in pixels.", min=32)] = 256,
    photos: Annotated[bool, typer.Option("--photos", help="Also keep the whole photos (slower).")] = False,
    preview: Annotated[Path | None, typer.Option(help="Write one contact sheet per kind of attack here.")] = None,
    processes: Processes = 2,
    cache: Cache = None,
) -> None:
    """Render photos of genuine and forged documents and crop their portraits."""
    from img_super.lab.synthesis.pair import Options
    from img_super.lab.synthesis.preview import preview_data_set
    from img_super.lab.synthesis.shards import CropJob, render_data_set
    from img_super.lab.synthesis.superimpositions import SPECIES, STAGES

    options = Options(_chosen(species, SPECIES, "--species"), _chosen(stages, STAGES, "--stages"), whole_card=photos)
    if not options.possible:
        raise typer.BadParameter(
            f"{', '.join(options.species)}: no kind of attack has these stages.", param_hint="--stages"
        )
    job = CropJob(
        out, cache_of(cache, out), split, count, seed, data, drawn_of(drawn, data),
        tuple(portraits or ()), tuple(designs or ()), side_px=side_px, photos=photos,
        options=options,
    )  # fmt: skip
    render(job, render_data_set(job, processes))
    if preview is not None:
        preview_data_set(out, preview)


def _chosen(names: list[str] | None, choices: tuple[str, ...], option: str) -> tuple[str, ...]:
    if unknown := set(names or ()) - set(choices):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(choices)}", param_hint=option)
    return tuple(names or choices)
