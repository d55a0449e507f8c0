"""Arguments and options shared by several verbs."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from img_super.model_card import PolicyName
from img_super.pipeline.load import Backend

Photos = Annotated[list[str], typer.Argument(metavar="IMG", help="Photos of documents; - reads standard input.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print one line of JSON per photo, as the service answers.")]
DrawFolder = Annotated[
    Path | None, typer.Option(help="Save each photo with boxes and heat map into this folder.", file_okay=False)
]
WithEvidence = Annotated[bool, typer.Option("--evidence", help="Include the heat map in the JSON.")]
Model = Annotated[Path | None, typer.Option(help="Folder of the validation model.")]
RunBy = Annotated[Backend | None, typer.Option("--backend", help="What runs the validation network.")]
Policy = Annotated[PolicyName | None, typer.Option(help="Which threshold of the model's card decides.")]
StorageOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE", help="Option for a URL's file system, e.g. anon=true or endpoint_url=...; repeatable."
    ),
]
ValidationCrops = Annotated[Path, typer.Option(help="Validation crops: people and designs that training lacks.")]
RunFolder = Annotated[Path, typer.Option(help="The run's folder; a stopped run resumes from it.")]


def storage_options(words: Sequence[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` options for a URL's file system; values are parsed as JSON if possible (true, 5, {...})."""
    options = {}
    for option in words or ():
        name, equals, value = option.partition("=")
        if not equals:
            raise typer.BadParameter(f"{option} is not NAME=VALUE", param_hint="--storage-option")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def pasted(*words: object) -> str:
    """A command quoted for a sentence; the text between the backticks can be pasted into a shell."""
    return f"`{shlex.join(map(str, words))}`"
