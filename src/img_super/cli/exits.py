"""The exit codes of all verbs; a test compares them with `docs/cli.md`."""

from enum import IntEnum
from functools import partial
from typing import Any, Final

import typer
from typer.core import TyperGroup

from img_super.errors import ImgSuperError, how_to_install
from img_super.sources.names import visible

_EXTRAS: Final = {
    "drift": "feedback",
    "evaluate": "report",
    "forge": "synthesis",
    "scan": "scan",
    "synthesize": "synthesis",
    "synthesize-photos": "synthesis",
}
"""The extra with a verb's packages; `train` for all others."""

_TYPES: Final = {"str": "text", "int": "integer", "float": "number"}
_LINE_END: Final = "\n"


class Exit(IntEnum):
    """Exit codes for scripts. The highest that applies is returned."""

    DONE = 0
    """Everything was done; nothing needs a person's attention."""
    SUSPICIOUS = 1
    """A photo is `attack` or `undetermined`; for `doctor`: something does not work."""
    USAGE = 2
    """The command was typed wrongly."""
    UNANSWERED = 3
    """A photo could not be judged; its row says why."""
    NOT_STARTED = 4
    """Nothing was done: a model, a package, a source or the service is missing."""
    STOPPED = 130
    """Ctrl-C."""
    TERMINATED = 143
    """SIGTERM."""


def give_up(error: ImgSuperError | str, code: Exit = Exit.NOT_STARTED) -> typer.Exit:
    """Print one line on standard error instead of a traceback; raise what this returns.

    The message may contain text from a server or a file, so it is escaped.
    """
    typer.echo(f"img-super: {visible(str(error), kept=_LINE_END)}", err=True)
    return typer.Exit(code)


class CommandLine(TyperGroup):
    """The entry point of every verb: errors are reported in one line, with the documented exit code."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _with_types_in_words(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        for verb in (command, *getattr(command, "commands", {}).values()):
            if verb:
                _with_types_in_words(verb.get_params(ctx))
        return command

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # the reader has closed the pipe
        except ImportError as error:
            raise give_up(_missing(error, str(ctx.invoked_subcommand))) from error
        except (ImgSuperError, ValueError) as error:
            raise give_up(str(error)) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise give_up(f"{error.filename}: {reason}." if error.filename else f"{reason}.") from error


def _with_types_in_words(params: list[Any]) -> list[Any]:
    """Help names types as people do, not as Python does; flags take no value, so none is shown for them."""
    for param in params:
        if getattr(param, "is_bool_flag", False):
            param.metavar = ""
        else:
            param.display_type_rich = partial(_type_in_words, param)
    return params


def _type_in_words(param: Any, ctx: Any) -> str:
    """What Typer would show: `<list[str]>` as `<text>`, `<int range>` as `<integer>`."""
    shown = type(param).display_type_rich(param, ctx) or ""
    name = shown.strip("<>").removeprefix("list[").removesuffix("]").removesuffix(" range")
    return f"<{_TYPES.get(name, name)}>" if shown.startswith("<") else shown


def _missing(error: ImportError, verb: str) -> str:
    name = error.name or ""
    if name.startswith("img_super."):
        return f"`{verb}` makes networks; it is in the checkout and the full image, not in the slim one."
    return f"{name} is not installed; {how_to_install(_EXTRAS.get(verb, 'train'))}."


def exit_for(suspicious: int, unanswered: int) -> Exit:
    """The exit code for these numbers of photos to review and of photos that could not be judged."""
    if unanswered:
        return Exit.UNANSWERED
    return Exit.SUSPICIOUS if suspicious else Exit.DONE
