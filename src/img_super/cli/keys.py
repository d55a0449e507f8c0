"""`img-super keys`: create, list and revoke API keys."""

from pathlib import Path
from typing import Annotated

import typer

from img_super.api.keys import Key, hash_of, is_key_line, new_key, read_keys
from img_super.cli.exits import give_up
from img_super.durable import replace_durably

keys = typer.Typer(name="keys", help="Create, list and revoke API keys.", no_args_is_help=True)

KeyFile = Annotated[
    Path, typer.Option("--file", help="The file that IMG_SUPER_KEYS_FILE names.", envvar="IMG_SUPER_KEYS_FILE")
]
Name = Annotated[str, typer.Argument(help="Owner of the key: letters, digits, dot, hyphen, underscore.")]


@keys.command()
def create(name: Name, file: KeyFile) -> None:
    """Create a key, store its hash in the file and print the key, once.

    An owner may have several keys, so that a new one can be in use before the old one is revoked.
    """
    key = new_key()
    _write(file, (*_read(file), Key(name, hash_of(key))))
    typer.echo(key)
    typer.echo(f"Save it now: {file} holds only its hash.", err=True)


@keys.command("list")
def list_keys(file: KeyFile) -> None:
    """List the owners of keys, with the beginning of each hash."""
    for key in _read(file):
        typer.echo(f"{key.name}  {key.sha256[:12]}")


@keys.command()
def revoke(
    name: Name,
    file: KeyFile,
    beginning: Annotated[
        str, typer.Option("--hash", help="Only the key whose hash starts with this (see `list`).")
    ] = "",
) -> None:
    """Revoke the keys of an owner. A running service notices at its next request."""
    before = _read(file)
    after = tuple(key for key in before if key.name != name or not key.sha256.startswith(beginning))
    if len(after) == len(before):
        raise give_up(f"{file} has no such key for {name}.")
    _write(file, after)
    revoked = len(before) - len(after)
    typer.echo(f"Revoked {revoked} {'key' if revoked == 1 else 'keys'}.")


def _read(file: Path) -> tuple[Key, ...]:
    return read_keys(file) if file.exists() else ()


def _write(file: Path, keys: tuple[Key, ...]) -> None:
    """Atomically, so that a service never reads half a file. A new file is readable by its owner only."""
    lines = [f"{key.name} {key.sha256}" for key in keys]
    if not all(is_key_line(line) for line in lines):
        raise give_up("A name has 1 to 64 letters, digits, dots, hyphens or underscores.")
    replace_durably(file, "".join(f"{line}\n" for line in lines).encode(), 0o600)
