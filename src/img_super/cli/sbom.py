"""`img-super sbom`: what the service is made of."""

from __future__ import annotations

import msgspec
import typer


def sbom() -> None:
    """Write the bill of materials (CycloneDX, JSON): installed packages and networks."""
    from img_super.registry.sbom import bill_of_materials

    typer.echo(msgspec.json.format(msgspec.json.encode(bill_of_materials()), indent=2).decode())
