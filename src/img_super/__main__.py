"""`python -m img_super` is the command `img-super`."""

from img_super.cli.app import app

app(prog_name="img-super")
