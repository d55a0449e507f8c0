"""`img-super synthesize-photos`: render whole photos to train the one-pass detector."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.cli.rendering import Cache, Data, Drawn, Processes, Seed, Split, cache_of, drawn_of, render


def synthesize_photos(
    out: Annotated[Path, typer.Option(help="Folder for photos and manifest.jsonl; finished parts are kept.")],
    count: Annotated[int, typer.Option(help="Number of photos; half are genuine.", min=2)] = 1000,
    seed: Seed = 1,
    split: Split = "train",
    data: Data = None,
    drawn: Drawn = None,
    processes: Processes = 2,
    cache: Cache = None,
) -> None:
    """Render small photos of whole documents, with annotations."""
    from img_super.lab.synthesis.crew import RenderJob
    from img_super.lab.synthesis.whole_photos import render_photos

    job = RenderJob(out, cache_of(cache, out), split, count, seed, data, drawn_of(drawn, data))
    render(job, render_photos(job, processes))
