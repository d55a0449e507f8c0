"""`img-super super`: judge the portraits in a few photos."""

import typer

from img_super.api.schemas import SuperAnswer
from img_super.cli.answers import Reply, Telling, answer_all, problem_of
from img_super.cli.options import DrawFolder, JsonLines, Model, Photos, Policy, RunBy, WithEvidence
from img_super.cli.pipeline import pipeline_for
from img_super.errors import InputError


def super(  # noqa: A001 the verb
    photos: Photos,
    json: JsonLines = False,
    draw: DrawFolder = None,
    evidence: WithEvidence = False,
    model: Model = None,
    backend: RunBy = None,
    policy: Policy = None,
) -> None:
    """Say how likely it is that the portrait of a document was superimposed.

    \b
      img-super super document.jpg
      img-super super --draw looked-at/ *.jpg
      img-super super --json *.jpg | jq 'select(.verdict != "bona_fide")'
      img-super super document.jpg && echo "nothing suspicious"

    Exits with 0 when every photo is bona fide, 1 when one is an attack or
    undetermined, 3 when one could not be judged, 4 when it could not start.
    """
    pipeline, threads = pipeline_for(model=model, backend=backend, policy=policy)
    with_evidence = evidence or draw is not None

    def ask(data: bytes) -> Reply:
        try:
            return Reply(SuperAnswer.of(pipeline.super(data), with_evidence).model_dump(mode="json", exclude_none=True))
        except InputError as error:
            return problem_of(error)

    raise typer.Exit(answer_all(photos, ask, Telling(json, draw, evidence), threads))
