"""The contracts of `.importlinter` hold and detect what CONTRIBUTING forbids."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract
from importlinter.api import read_configuration
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

ROOT = Path(__file__).parents[2]
KINDS: dict[str, type[Contract]] = {"layers": LayersContract, "protected": ProtectedContract}

FORBIDDEN = """
domain -> errors                                     errors -> domain
domain -> fastapi                                    turn -> per_thread
model_card -> detector.yunet                         model_card -> pipeline.crop
detector.fast -> validator.litert                    validator.litert -> detector.yunet
detector.yunet -> pipeline.crop                      detector.fast -> keras
validator.litert -> tensorflow                       registry.registry -> pipeline.load
registry.registry -> keras                           pipeline.pipeline -> settings
pipeline.pipeline -> api.metrics                     pipeline.pipeline -> feedback.store
pipeline.photo -> sources.search                     pipeline.load -> keras
settings -> api.app                                  settings -> scan.scan
sources.search -> scan.errors                        sources.search -> pipeline.decode
feedback.store -> pipeline.pipeline                  feedback.store -> api.app
feedback.drift -> detector.yunet                     drawing -> api.schemas
scan.scan -> api.metrics                             scan.judge -> settings
scan.scan -> fastapi
api.app -> scan.scan                                 api.app -> sources.search
api.app -> drawing                                   api.judgements -> sqlalchemy
api.app -> lab.own_documents.read                    api.app -> lab.synthesis.pair
api.pool -> ray                                      api.app -> main
main -> scan.scan                                    main -> cluster.networks
main -> lab.evaluation.evaluate                      main -> tensorflow
cluster.networks -> lab.training.train               cluster.scan -> cli.app
lab.own_documents.read -> api.app                    lab.own_documents.read -> scan.scan
lab.training.train -> lab.synthesis.pair             lab.evaluation.evaluate -> lab.synthesis.pair
lab.training.train -> lab.evaluation.evaluate        lab.dataset.crops -> lab.training.recipe
lab.evaluation.evaluate -> lab.shipping.ship         lab.shipping.ship -> lab.own_documents.read
lab.synthesis.pair -> fastapi                        lab.evaluation.evaluate -> settings
lab.training.train -> feedback.store                 lab.training.train -> sources.search
cli.answers -> keras                                 cli.scan -> sqlalchemy
"""
PAIRS = re.findall(r"(\S+) -> (\S+)", FORBIDDEN)
OUTSIDE = {"fastapi", "keras", "ray", "sqlalchemy", "tensorflow"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("img_super", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    read = read_configuration(str(ROOT / ".importlinter"))
    return [_contract(read["session_options"], options) for options in read["contracts_options"]]


def _contract(session: dict[str, Any], options: dict[str, Any]) -> Contract:
    return KINDS[options["type"]](options["name"], session_options=session, contract_options=options)


def _broken(contracts: list[Contract], graph: grimp.ImportGraph) -> list[str]:
    return [one.name for one in contracts if not one.check(deepcopy(graph), verbose=False).kept]


def test_contracts_hold(graph: grimp.ImportGraph, contracts: list[Contract]) -> None:
    assert _broken(contracts, graph) == []


@pytest.mark.parametrize(("importer", "imported"), PAIRS, ids=lambda name: name)
def test_forbidden_import_is_detected(
    graph: grimp.ImportGraph, contracts: list[Contract], importer: str, imported: str
) -> None:
    changed = deepcopy(graph)
    there = imported if imported in OUTSIDE else f"img_super.{imported}"
    assert {f"img_super.{importer}", there} <= changed.modules
    changed.add_import(importer=f"img_super.{importer}", imported=there)
    assert _broken(contracts, changed)


def test_new_package_must_be_listed(graph: grimp.ImportGraph, contracts: list[Contract]) -> None:
    for room in ("img_super.attic", "img_super.lab.attic"):
        changed = deepcopy(graph)
        changed.add_module(room)
        assert _broken(contracts, changed)


def test_no_import_cycles(graph: grimp.ImportGraph) -> None:
    ours = [module for module in graph.modules if module.startswith("img_super.")]
    circles = [
        (module, imported)
        for module in ours
        for imported in graph.find_modules_directly_imported_by(module)
        if graph.chain_exists(imported, module)
    ]
    assert circles == []
