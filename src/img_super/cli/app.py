"""The command `img-super`: one verb a file."""

from __future__ import annotations

import typer

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
    help="Tells how likely it is that the portrait of an identity document was superimposed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.callback()(lambda: None)
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
