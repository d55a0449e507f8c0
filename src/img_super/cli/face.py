"""`img-super face`: find the portraits in a few photos."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.api.schemas import FaceAnswer
from img_super.cli.answers import Reply, Telling, answer_all, problem_of
from img_super.cli.options import JsonLines, Photos
from img_super.cli.pipeline import pipeline_for
from img_super.errors import InputError


def face(
    photos: Photos,
    json: JsonLines = False,
    draw: Annotated[
        Path | None, typer.Option(help="Save each photo with its boxes into this folder.", file_okay=False)
    ] = None,
) -> None:
    """Find the portrait of a document, the other faces and which way is up.

    \b
      img-super face document.jpg
      img-super face --json *.jpg
      img-super face --draw looked-at/ *.jpg

    Exits with 0 when every photo has a portrait, 3 when one has none or cannot
    be read, 4 when it could not start.
    """
    pipeline, threads = pipeline_for()

    def ask(data: bytes) -> Reply:
        try:
            return Reply(FaceAnswer.of_detection(pipeline.face(data)).model_dump(mode="json"))
        except InputError as error:
            return problem_of(error)

    raise typer.Exit(answer_all(photos, ask, Telling(json, draw, judged=False), threads))
