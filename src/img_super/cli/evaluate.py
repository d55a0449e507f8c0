"""`img-super evaluate`: the figures of a model on generated crops and on real captures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[Path, typer.Option(help="The model's folder, with card.json.")],
    data: Annotated[Path | None, typer.Option(help="Generated crops: a folder made by `synthesize`.")] = None,
    real: Annotated[Path | None, typer.Option(help="Real captures: a folder with labels.json.")] = None,
    donors: Annotated[Path | None, typer.Option(help="CC0 portraits for forgeries on real captures.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file, too.")] = None,
    record: Annotated[bool, typer.Option(help="Write the figures into the model's card.")] = False,
) -> None:
    """Measure a model: a table for people, JSON for machines. Nothing is fitted."""
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from img_super.evaluation.evaluate import measure, record_figures
    from img_super.evaluation.report import rows_of

    if real is not None and donors is None:
        raise typer.BadParameter("forgeries on real captures need donors", param_hint="--donors")
    found = measure(model, data, real, donors)
    table = Table("figure", "value", "95 % interval")
    for name, figures in found.items():
        for row in rows_of(name, figures):
            table.add_row(*row)
    Console().print(table)
    if out is not None:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    if record:
        record_figures(model, found)
