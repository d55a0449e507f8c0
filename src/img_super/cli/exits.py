"""The exit codes of every verb; `docs/cli.md` tells them to people, a test compares the two."""

from __future__ import annotations

from enum import IntEnum

import typer

from img_super.errors import ImgSuperError


class Exit(IntEnum):
    """What a script can tell from the end of a command. The highest that applies is given."""

    DONE = 0
    """Everything was done; nothing was found that a person should look at."""
    SUSPICIOUS = 1
    """A photo is `attack` or `undetermined`; for `doctor`: something does not work."""
    USAGE = 2
    """The command was typed wrongly."""
    UNANSWERED = 3
    """A photo could not be judged: its row says why."""
    NOT_STARTED = 4
    """Nothing was done: a model, a package, a source or the service is missing."""
    STOPPED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """SIGTERM."""


def give_up(error: ImgSuperError | str, code: Exit = Exit.NOT_STARTED) -> typer.Exit:
    """One line on standard error instead of a traceback; raise what this returns."""
    typer.echo(f"img-super: {error}", err=True)
    return typer.Exit(code)


def exit_for(suspicious: int, unanswered: int) -> Exit:
    """The code for so many photos that a person should look at and so many that could not be judged."""
    if unanswered:
        return Exit.UNANSWERED
    return Exit.SUSPICIOUS if suspicious else Exit.DONE
