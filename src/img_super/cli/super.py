"""`img-super super`: how likely it is that the portraits in a few photos were superimposed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from img_super.cli.answers import Reply, Telling, answer_all, problem_of
from img_super.cli.exits import give_up
from img_super.pipeline.load import Backend
from img_super.registry.card import PolicyName


def super(  # noqa: A001 the verb
    photos: Annotated[list[str], typer.Argument(metavar="IMG", help="Photos of documents; - reads standard input.")],
    json: Annotated[bool, typer.Option("--json", help="Print a line of JSON a photo, as the service answers.")] = False,
    draw: Annotated[
        Path | None, typer.Option(help="Save each photo with boxes and heat map into this folder.", file_okay=False)
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="Put the heat map into the JSON, too.")] = False,
    model: Annotated[Path | None, typer.Option(help="Folder of the validation model.")] = None,
    backend: Annotated[Backend | None, typer.Option(help="What runs the validation network.")] = None,
    policy: Annotated[PolicyName | None, typer.Option(help="Which threshold of the model's card decides.")] = None,
) -> None:
    """Say how likely it is that the portrait of a document was superimposed.

    \b
      img-super super document.jpg
      img-super super --draw looked-at/ *.jpg
      img-super super --json *.jpg | jq 'select(.verdict != "bona_fide")'
      img-super super document.jpg && echo "nothing suspicious"

    Ends with 0 when every photo is bona fide, 1 when one is an attack or
    undetermined, 3 when one could not be judged, 4 when it could not start.
    """
    from img_super.api.schemas import SuperAnswer
    from img_super.cli.pipeline import pipeline_for
    from img_super.errors import InputError, StartError

    try:
        pipeline, threads = pipeline_for(model=model, backend=backend, policy=policy)
    except StartError as error:
        raise give_up(error) from error
    with_evidence = evidence or draw is not None

    def ask(data: bytes) -> Reply:
        try:
            return Reply(SuperAnswer.of(pipeline.super(data), with_evidence).model_dump(mode="json"))
        except InputError as error:
            return problem_of(error)

    raise typer.Exit(answer_all(photos, ask, Telling(json, draw, evidence), threads))
