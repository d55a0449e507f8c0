"""`img-super audit`: does anything but the superimposition reveal the class of generated samples?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from img_super.cli.exits import Exit

if TYPE_CHECKING:
    from img_super.lab.evaluation.audit.shortcuts import AuditFinding


def audit(
    data: Annotated[Path, typer.Option(help="Generated crops: a folder made by `synthesize`.")],
    against: Annotated[Path | None, typer.Option(help="Another data set; the two must share nothing.")] = None,
    limit: Annotated[
        float, typer.Option(help="AUC above which something counts as a shortcut.", min=0.5, max=1.0)
    ] = 0.55,
    most: Annotated[int | None, typer.Option(help="Use at most about this many crops.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of the table.")] = False,
) -> None:
    """Look for shortcuts: train a classifier on each kind of information that must not reveal the class.

    Exits with 1 when there is a shortcut, or when two data sets share people or designs.
    """
    from img_super.lab.dataset.splits import leaks
    from img_super.lab.evaluation.audit.rows import read_rows
    from img_super.lab.evaluation.audit.shortcuts import audit_data_set

    leaking = [] if against is None else leaks(read_rows(data), read_rows(against))  # fails at once, not after minutes
    findings = audit_data_set(data, limit, most)
    if json:
        typer.echo(msgspec.json.encode({"limit": limit, "findings": findings, "leaks": leaking}).decode())
    else:
        _print_table(findings)
    problems = [finding.sentence for finding in findings if finding.is_shortcut]
    problems += [f"The data sets leak: {sentence}." for sentence in leaking]
    for sentence in problems:
        typer.echo(sentence, err=True)
    raise typer.Exit(Exit.SUSPICIOUS if problems else Exit.DONE)


def _print_table(findings: list[AuditFinding]) -> None:
    table = Table("knowledge", "AUC", "interval", "strongest feature", "samples", "shortcut")
    for finding in findings:
        low, high = finding.interval
        verdict = "[red]YES" if finding.is_shortcut else "no"
        interval = f"{low:.3f} to {high:.3f}"
        table.add_row(finding.kind, f"{finding.auc:.3f}", interval, finding.strongest, str(finding.samples), verdict)
    Console().print(table)
