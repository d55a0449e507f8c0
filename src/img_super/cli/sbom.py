"""`img-super sbom`: the bill of materials (CycloneDX 1.6): installed packages and networks.

It lists what is actually installed, not what was requested, and no operating system packages.
Source: https://cyclonedx.org/docs/1.6/json/.
"""

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

import msgspec
import typer

from img_super import __version__
from img_super.model_card import NamedFiles, read_card_as

MODELS: Final = Path(__file__).parent.parent / "models"


def sbom() -> None:
    """Write the bill of materials (CycloneDX, JSON): installed packages and networks."""
    typer.echo(msgspec.json.format(msgspec.json.encode(bill_of_materials()), indent=2).decode())


def bill_of_materials(models: Path = MODELS) -> dict[str, Any]:
    """The document, ready for JSON; deterministic for an installation."""
    root = {"type": "application", "name": "img_super", "version": __version__, "bom-ref": "img_super"}
    components = [*_packages(), *_networks(models)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": components,
        "dependencies": [{"ref": "img_super", "dependsOn": [component["bom-ref"] for component in components]}],
    }


def _packages() -> Iterator[dict[str, Any]]:
    packages = {distribution.name.lower().replace("_", "-"): distribution for distribution in distributions()}
    yield from (_package(name, packages[name]) for name in sorted(packages))


def _package(name: str, distribution: Distribution) -> dict[str, Any]:
    address = f"pkg:pypi/{name}@{distribution.version}"
    component = {"type": "library", "name": name, "version": distribution.version, "purl": address, "bom-ref": address}
    licence = distribution.metadata.json.get("license_expression")
    return {**component, "licenses": [{"expression": licence}]} if licence else component


def _networks(models: Path) -> Iterator[dict[str, Any]]:
    for card_file in sorted(models.glob("*/card.json")):
        card = read_card_as(NamedFiles, card_file.parent)
        for file in card.files.values():
            yield {
                "type": "machine-learning-model",
                "name": f"{card.name}/{file.name}",
                "version": card.version,
                "hashes": [{"alg": "SHA-256", "content": file.sha256}],
                "bom-ref": f"{card.name}/{file.name}",
            }
