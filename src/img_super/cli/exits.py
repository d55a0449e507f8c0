"""The exit codes of every verb; `docs/cli.md` tells them to people, a test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

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


@contextmanager
def given_up_in_a_line(extra: str, out: Path | None = None) -> Iterator[None]:
    """What goes wrong in here is told in a line.

    Args:
        extra: where a package is that is missing.
        out: what is written; named where the system does not say which file it was, as of a full disk.
    """
    try:
        yield
    except ImportError as error:
        advice = f"take the full image, or `pip install 'img-super[{extra}]'`"
        raise give_up(f"{error.name} is not installed; {advice}.") from error
    except (ImgSuperError, ValueError) as error:
        raise give_up(str(error)) from error
    except OSError as error:
        where = error.filename or out
        raise give_up(f"{where}: {error.strerror}." if where else f"{error.strerror}.") from error


def exit_for(suspicious: int, unanswered: int) -> Exit:
    """The code for so many photos that a person should look at and so many that could not be judged."""
    if unanswered:
        return Exit.UNANSWERED
    return Exit.SUSPICIOUS if suspicious else Exit.DONE
