"""`img-super keys`: make, list and take back the API keys that open the service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from img_super.api.keys import Key, hash_of, new_key, read_keys
from img_super.cli.exits import give_up
from img_super.errors import BadKeys

keys = typer.Typer(name="keys", help="Make, list and take back the API keys of the service.", no_args_is_help=True)

KeyFile = Annotated[
    Path, typer.Option("--file", help="The file that IMG_SUPER_KEYS_FILE names.", envvar="IMG_SUPER_KEYS_FILE")
]
Name = Annotated[str, typer.Argument(help="Whose key it is: letters, digits, dot, hyphen, underscore.")]


@keys.command()
def create(name: Name, file: KeyFile) -> None:
    """Make a key, write its hash into the file, and show the key: this once, never again.

    One owner may have several keys, so that a new one is in use before the old one is taken back.
    """
    key = new_key()
    _write(file, (*_read(file), Key(name, hash_of(key))))
    typer.echo(key)
    typer.echo(f"Keep it well: {file} has only its hash.", err=True)


@keys.command("list")
def list_keys(file: KeyFile) -> None:
    """Show whose keys there are, with the beginning of each hash."""
    for key in _read(file):
        typer.echo(f"{key.name}  {key.sha256[:12]}")


@keys.command()
def revoke(
    name: Name,
    file: KeyFile,
    beginning: Annotated[str, typer.Option("--hash", help="Only the key whose hash begins so (see `list`).")] = "",
) -> None:
    """Take back the keys of an owner. A running service notices at its next request."""
    before = _read(file)
    after = tuple(key for key in before if key.name != name or not key.sha256.startswith(beginning))
    if len(after) == len(before):
        raise give_up(f"{file} has no such key of {name}.")
    _write(file, after)
    typer.echo(f"{len(before) - len(after)} taken back.")


def _read(file: Path) -> tuple[Key, ...]:
    return read_keys(file) if file.exists() else ()


def _write(file: Path, every: tuple[Key, ...]) -> None:
    """All at once, readable by its owner alone: a service never sees half a file."""
    half = file.with_name(f".{file.name}.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as lines:
        lines.writelines(f"{key.name} {key.sha256}\n" for key in every)
    if not _reads_as(half, every):
        half.unlink()
        raise give_up("A name has 1 to 64 letters, digits, dots, hyphens or underscores.")
    half.replace(file)


def _reads_as(file: Path, every: tuple[Key, ...]) -> bool:
    """A name with a space or a # in it would not come back."""
    try:
        return read_keys(file) == every
    except BadKeys:
        return False
