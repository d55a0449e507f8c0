"""The command `img-super`: one verb per file."""

from typing import Annotated

import typer

from img_super import __version__
from img_super.cli.audit import audit
from img_super.cli.baseline import baseline
from img_super.cli.calibrate import calibrate
from img_super.cli.client import client
from img_super.cli.doctor import doctor
from img_super.cli.drift import drift
from img_super.cli.evaluate import evaluate
from img_super.cli.exits import CommandLine
from img_super.cli.export import export
from img_super.cli.face import face
from img_super.cli.fine_tune import fine_tune
from img_super.cli.forge import forge
from img_super.cli.keys import keys
from img_super.cli.models import models
from img_super.cli.reference import reference
from img_super.cli.sbom import sbom
from img_super.cli.scan import scan
from img_super.cli.serve import serve
from img_super.cli.super import super as super_
from img_super.cli.synthesize import synthesize
from img_super.cli.synthesize_photos import synthesize_photos
from img_super.cli.train import train
from img_super.cli.train_detector import export_detector, train_detector

app = typer.Typer(
    name="img-super",
    cls=CommandLine,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"img_super {__version__}")
        raise typer.Exit


@app.callback()
def _for_all(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tell how likely it is that the portrait of an identity document was superimposed."""


for verb in (
    serve,
    face,
    super_,
    scan,
    client,
    doctor,
    synthesize,
    audit,
    train,
    fine_tune,
    baseline,
    calibrate,
    drift,
    export,
    evaluate,
    synthesize_photos,
    train_detector,
    export_detector,
    reference,
    sbom,
):
    app.command()(verb)
app.add_typer(forge)
app.add_typer(keys)
app.add_typer(models)
