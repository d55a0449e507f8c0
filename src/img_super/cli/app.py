"""The command `img-super`: one verb a file."""

from __future__ import annotations

import typer

from img_super.cli.reference import reference
from img_super.cli.serve import serve

app = typer.Typer(
    name="img-super",
    help="Tells how likely it is that the portrait of an identity document was superimposed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.callback()(lambda: None)
app.command()(serve)
app.command()(reference)
