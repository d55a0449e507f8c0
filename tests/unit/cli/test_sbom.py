from __future__ import annotations

import json

from cyclonedx.model.bom import Bom
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL


def test_sbom_lists_packages_and_networks_and_is_valid() -> None:
    result = CliRunner().invoke(app, ["sbom"])
    assert result.exit_code == 0, result.output
    bill = Bom.from_json(json.loads(result.output))  # type: ignore[attr-defined]  # added by the library's decorator
    components = {component.name: component for component in bill.components}
    assert str(components["fastapi"].purl).startswith("pkg:pypi/fastapi@")
    card = read_card(SHIPPED_MODEL)
    for file in card.files.values():
        network = components[f"{card.name}/{file.name}"]
        assert [str(entry.content) for entry in network.hashes] == [file.sha256]
        assert network.version == card.version
    bill.validate()
