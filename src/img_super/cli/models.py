"""`img-super models`: list, compare and promote versions of the model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from img_super.cli.own_documents import promotion
from img_super.model_card import ModelCard, read_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.registry.registry import Registry, is_registry

models = typer.Typer(
    name="models", help="Manage the versions of the validation model.",
    no_args_is_help=True,
)  # fmt: skip

_REGISTRY = typer.Option(
    "--registry", help="The folder of versions that IMG_SUPER_MODEL names.", envvar="IMG_SUPER_MODEL"
)
RegistryFolder = Annotated[Path, _REGISTRY]
Version = Annotated[str, typer.Argument(help="A version of the registry, as `list` shows it.")]
_TO_SERVE = "A running service loads it on `POST /model/reload` or SIGHUP."


@models.command()
def add(
    registry: RegistryFolder,
    model: Annotated[Path | None, typer.Argument(help="A model's folder; default: the shipped model.")] = None,
) -> None:
    """Copy a model into the registry. A missing registry is created, with the model promoted."""
    source = model or SHIPPED_MODEL
    if is_registry(registry):
        card = Registry.open(registry).add(source)
        typer.echo(f"{card.title} is in {registry}; {promotion(card.version, registry)}.")
    else:
        new_registry = Registry.create(registry, source)
        typer.echo(f"Created {registry}; {new_registry.state.current} serves.")


@models.command("list")
def list_models(registry: Annotated[Path | None, _REGISTRY] = None) -> None:
    """List the versions, the serving one with a star; without a registry, the shipped one."""
    current, cards = _versions(registry)
    heads = ("", "version", "made", "on", "from", "own", "threshold")
    table = Table(*heads, box=None, padding=(0, 2, 0, 0))  # without a box, it fits into 80 columns
    for card in cards:
        star = "*" if card.version == current else ""
        table.add_row(star, card.version, *_origin(card), f"{card.threshold:.4f}")
    Console().print(table)


@models.command()
def show(version: Version, registry: RegistryFolder) -> None:
    """Print a version's card as JSON."""
    card = read_card(Registry.open(registry).model(version))
    typer.echo(msgspec.json.format(msgspec.json.encode(card), indent=2).decode())


@models.command()
def diff(version: Version, other: Version, registry: RegistryFolder) -> None:
    """Compare two versions: weights, thresholds, figures, origin."""
    versions = Registry.open(registry)
    before, after = (
        dict(_leaves(msgspec.to_builtins(read_card(versions.model(number))))) for number in (version, other)
    )
    table = Table("what", version, other)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            table.add_row(name, before.get(name, "-"), after.get(name, "-"))
    Console().print(table)


@models.command()
def promote(version: Version, registry: RegistryFolder) -> None:
    """Promote a version after verifying it."""
    card = Registry.open(registry).promote(version)
    typer.echo(f"{card.title} serves from now on. {_TO_SERVE}")


@models.command()
def rollback(registry: RegistryFolder) -> None:
    """Return to the version that served before."""
    card = Registry.open(registry).rollback()
    typer.echo(f"{card.title} serves again. {_TO_SERVE}")


def _versions(registry: Path | None) -> tuple[str, list[ModelCard]]:
    if registry is None:
        shipped = read_card(SHIPPED_MODEL)
        return shipped.version, [shipped]
    versions = Registry.open(registry)
    return versions.state.current, list(versions.cards())


def _origin(card: ModelCard) -> tuple[str, str, str, str]:
    origin = card.lineage
    if origin is None:
        return "trained", card.created, "-", "-"
    counts = f"{origin.photos['bona_fide']} + {origin.photos['attack']}"
    return origin.step, card.created, origin.parent.rpartition(" ")[2], counts


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(value)
