"""`img-super evaluate`: measure models, side by side, on generated crops and photos and on real captures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from img_super.lab.dataset.measured_sets import MeasuredSet
    from img_super.lab.evaluation.evaluate import Measured


def evaluate(
    model: Annotated[list[Path], typer.Option(help="A model's folder with card.json; repeat to compare several.")],
    data: Annotated[Path | None, typer.Option(help="Generated crops: a folder made by `synthesize`.")] = None,
    real: Annotated[
        list[Path] | None, typer.Option(help="Real captures: a folder with labels.json; repeatable.")
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(help="Photos made by `synthesize --photos`: their genuine ones, forged as real captures are."),
    ] = None,
    donors: Annotated[
        Path | None,
        typer.Option(help="CC0 portraits: donors of forgeries on photos and captures, and figures by group."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Weights of the first model: litert, litert_int8; default: its card's choice.")
    ] = None,
    robustness: Annotated[
        int, typer.Option(help="Alter this many crops and photos of each set and judge them again.", min=0)
    ] = 0,
    most: Annotated[int | None, typer.Option(help="Use at most this many generated crops.", min=1)] = None,
    threads: Annotated[int, typer.Option(help="Crops judged at once.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file, too.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report with plots to this HTML file.")] = None,
    docs: Annotated[
        Path | None, typer.Option(help="Update the marked tables and plots in this folder's documents.")
    ] = None,
    show_real: Annotated[
        bool, typer.Option("--show-real", help="Show crops of real documents, which are personal data, in the report.")
    ] = False,
    record: Annotated[bool, typer.Option("--record", help="Write the figures into the models' cards.")] = False,
) -> None:
    """Measure models: a table for people, JSON for machines. Nothing is fitted."""
    from img_super.lab.evaluation.evaluate import MeasuredModel, measure, record_figures

    if (real or photos) and donors is None:
        raise typer.BadParameter("forgeries on photos need donors", param_hint="--donors")
    models = [MeasuredModel.read(folder, weights if number == 0 else None) for number, folder in enumerate(model)]
    sets = _sets(data, most, real, photos, donors, models[0].card.input_side_px)
    results = [measure(candidate, sets, robustness if candidate is models[0] else 0, threads) for candidate in models]
    for name in results[0].figures:
        _print_table(results, name)
    _write(results, sets, out, report, docs, show_real)
    for candidate in results if record else ():
        record_figures(candidate)


def _print_table(results: Sequence[Measured], name: str) -> None:
    from img_super.lab.evaluation.tables import ENGLISH, figures_table

    figures = figures_table(results, name, ENGLISH)
    table = Table(*figures.head, title=figures.title)
    for row in figures.rows:
        table.add_row(*row)
    Console().print(table)


def _sets(
    data: Path | None, most: int | None, real: list[Path] | None, photos: Path | None, donors: Path | None, side_px: int
) -> list[MeasuredSet]:
    from img_super.lab.dataset.measured_sets import generated_set, other_hands_set, real_set

    sets = [] if data is None else [generated_set(data, most, donors)]
    if real and donors is not None:
        sets.append(real_set(real, donors, side_px))
    if photos is not None and donors is not None:
        sets.append(other_hands_set(photos, donors, side_px))
    if not sets:
        raise typer.BadParameter("there is nothing to measure on", param_hint="--data, --real, --photos")
    return sets


def _write(
    results: Sequence[Measured],
    sets: Sequence[MeasuredSet],
    out: Path | None,
    report: Path | None,
    docs: Path | None,
    show_real: bool,
) -> None:
    if out is not None:
        content = [result.as_json() for result in results]
        out.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    if report is not None:
        from img_super.lab.evaluation.html import html_report

        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(html_report(results, sets, show_real), "utf-8")
    if docs is not None:
        from img_super.lab.evaluation.documents import fill_documents

        for file, names in fill_documents(docs, results).items():
            typer.echo(f"{file}: {', '.join(names) or 'nothing results that it asks for'}")
