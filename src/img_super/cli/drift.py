"""`img-super drift`: compare recent scores with those the model was chosen on."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from img_super.cli.exits import Exit, give_up
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.registry.registry import serving_folder

if TYPE_CHECKING:
    from img_super.feedback.drift import Finding, Reference
    from img_super.feedback.store import Labelled, Store

_DAY_S: Final = 86_400


def drift(
    feedback: Annotated[
        str,
        typer.Option(help="The database that IMG_SUPER_FEEDBACK names: a file or a URL.", envvar="IMG_SUPER_FEEDBACK"),
    ],
    days: Annotated[float, typer.Option(help="Days to look at, up to now.", min=0.01)] = 1,
    against_days: Annotated[
        float | None, typer.Option(help="Compare with this many days before them, not with the model's card.", min=0.01)
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="The model that serves: a folder or a registry; default: the shipped model.", envvar="IMG_SUPER_MODEL"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Compare recent scores and quality warnings with the usual ones, and warn.

    Reads numbers only: photos are never stored. Exits with 0 when nothing has
    drifted, 1 when something has, 3 when too few photos were judged.
    """  # fmt: skip
    now_s = time.time()
    from_s = now_s - days * _DAY_S
    from img_super.feedback.drift import MIN_JUDGED, compare, truth
    from img_super.feedback.store import Store

    with closing(Store(feedback)) as store:
        version, reference = _reference(store, model, against_days, from_s)
        rows = _of_model(store.between(from_s, now_s), version)
    if len(rows) < MIN_JUDGED:
        sentence = f"{len(rows)} photos were judged by {version} in {days:g} days; {MIN_JUDGED} are needed."
        raise give_up(sentence, Exit.UNANSWERED)
    findings = compare(rows, reference)
    _tell(findings, reference, truth(rows), len(rows), json)
    raise typer.Exit(Exit.SUSPICIOUS if any(finding.drifted for finding in findings) else Exit.DONE)


def _reference(store: Store, model: Path | None, against_days: float | None, to_s: float) -> tuple[str, Reference]:
    from img_super.feedback.drift import MIN_JUDGED, reference_of_card, reference_of_past

    card = read_card(serving_folder(model or SHIPPED_MODEL))
    if against_days is not None:
        past = _of_model(store.between(to_s - against_days * _DAY_S, to_s), card.version)
        if len(past) < MIN_JUDGED:
            raise give_up(f"{len(past)} photos were judged in the days before; {MIN_JUDGED} are needed.")
        return card.version, reference_of_past(past, f"the {against_days:g} days before")
    reference = reference_of_card(card)
    if reference is None:
        raise give_up(f"The card of {card.title} does not say how its scores lie; compare with --against-days.")
    return card.version, reference


def _of_model(rows: list[Labelled], version: str) -> list[Labelled]:
    return [row for row in rows if row.judgement.model_version == version]


def _tell(findings: list[Finding], reference: Reference, truth: dict[str, int], count: int, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = {"photos": count, "reference": reference.name, "findings": findings, "truth": truth}
        typer.echo(msgspec.json.encode(content | {"drifted": any(finding.drifted for finding in findings)}).decode())
        return
    table = Table("what", "usual", "now", "", title=f"{count:,} photos against {reference.name}")
    for finding in findings:
        table.add_row(finding.what, finding.usual, finding.now, "[bold red]drifted" if finding.drifted else "as usual")
    Console().print(table)
    typer.echo(
        f"Labelled: {truth['genuine_rejected']} of {truth['genuine']} genuine were rejected, "
        f"{truth['attacks_let_pass']} of {truth['attacks']} attacks missed; "
        f"{truth['left_to_a_person']} photos were left to a person."
    )
