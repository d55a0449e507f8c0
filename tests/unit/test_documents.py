"""The documents match the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from fastapi.testclient import TestClient

from img_super.api import routes
from img_super.api.error_handlers import documented_problems
from img_super.api.schemas import Problem
from img_super.cli.reference import default_in_words
from img_super.main import build_app
from img_super.model_card import Policy, read_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOYMENT = ROOT / "docs" / "deployment" / "deploymentdoc.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

TEMPLATE_HEADINGS = [
    "# Despliegue de modelos",
    "## Infraestructura",
    "### Nombre del modelo",
    "### Plataforma de despliegue",
    "### Requisitos técnicos",
    "### Requisitos de seguridad",
    "### Diagrama de arquitectura",
    "## Código de despliegue",
    "### Archivo principal",
    "### Rutas de acceso a los archivos",
    "### Variables de entorno",
    "## Documentación del despliegue",
    "### Instrucciones de instalación",
    "### Instrucciones de configuración",
    "### Instrucciones de uso",
    "### Instrucciones de mantenimiento",
]

DEFAULTS_IN_SPANISH = {
    "the number of usable cores": "los núcleos utilizables",
    "the shipped model": "el modelo incluido",
    "none": "ninguno",
}

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.:/$])/(?:home|root|work|Users|tmp/\w)\b")


def _identity(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _fenced(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _text(path), flags=re.MULTILINE | re.DOTALL)


def _routes() -> Iterator[tuple[str, str]]:
    for module in iter_modules(routes.__path__):
        for route in import_module(f"{routes.__name__}.{module.name}").router.routes:
            yield from ((route.path, method) for method in route.methods)


def test_manual_has_the_template_headings_in_order() -> None:
    lines = _text(DEPLOYMENT).splitlines()
    assert [line for line in lines if line in TEMPLATE_HEADINGS] == TEMPLATE_HEADINGS


@pytest.mark.parametrize("name", Settings.model_fields)
def test_manual_lists_every_setting_with_its_default(name: str) -> None:
    default = default_in_words(name)
    assert f"| `{PREFIX}{name.upper()}` | {DEFAULTS_IN_SPANISH.get(default, default)} |" in _text(DEPLOYMENT)


def test_manual_lists_only_existing_settings() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]\b", _text(DEPLOYMENT)))
    assert named <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("error", documented_problems(), ids=lambda error: error.code)
def test_manual_explains_every_error_code(error: Problem) -> None:
    rows = [row for row in _text(DEPLOYMENT).splitlines() if row.startswith(f"| `{error.code}` | {error.status} |")]
    assert len(rows) == 1
    assert all(cell.strip() for cell in rows[0].split("|")[1:-1])


@pytest.mark.parametrize(("path", "method"), [*_routes(), ("/docs", "GET"), ("/openapi.json", "GET")])
def test_manual_lists_every_route(path: str, method: str) -> None:
    assert f"| `{path}` | {method} |" in _text(DEPLOYMENT)


def _in_percent(shares: Iterable[float | None]) -> str:
    return ", ".join(f"{100 * (share or 0):.1f} %".replace(".", ",") for share in shares)


def _policy_in_spanish(name: str, policy: Policy) -> str:
    """The manual's row of a policy: its threshold and figures on generated and real photos."""
    sets = [policy.figures[measured] for measured in ("generated_validation", "real_captures")]
    cells = [
        f"`{name}`",
        f"{policy.threshold:.4f}".replace(".", ","),
        _in_percent(one.bpcer.value for one in sets),
        _in_percent(one.apcer.value if one.apcer else None for one in sets),
        _in_percent(one.undetermined.bona_fide for one in sets),
        _in_percent(one.undetermined.attack for one in sets),
    ]
    return f"| {' | '.join(cells)} |"


def test_manual_gives_the_cards_figures_for_each_policy() -> None:
    card = read_card(SHIPPED_MODEL)
    assert f"`{card.name}` {card.version}" in _text(DEPLOYMENT)
    for name, policy in card.policies.items():
        assert _policy_in_spanish(name, policy) in _text(DEPLOYMENT)


def test_readme_begins_with_the_two_commands() -> None:
    readme = _text(ROOT / "README.md")
    commands = [line.split("#")[0].strip() for line in _fenced(ROOT / "README.md", "sh")[0].splitlines()]
    assert commands == ["make run", "make test"]
    assert readme.index("make run") < readme.index("\n## ")


@pytest.mark.parametrize("document", DOCUMENTS, ids=_identity)
def test_relative_links_resolve(document: Path) -> None:
    for target in LINK.findall(_text(document)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        if anchor:
            assert anchor in {_anchor(line) for line in _text(linked).splitlines() if line.startswith("#")}, target


def _anchor(heading: str) -> str:
    """A heading's anchor, as generated by common Markdown viewers."""
    return re.sub(r"[^\w -]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=_identity)
def test_documents_contain_no_machine_paths(document: Path) -> None:
    assert PATH_OF_A_MACHINE.findall(_text(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_identity)
def test_files_used_by_commands_exist(document: Path) -> None:
    for block in _fenced(document, "sh") + _fenced(document, "python"):
        for path in re.findall(r"\b(?:src|docs|tests|benchmarks)/[\w./-]+", block):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=_identity)
def test_python_examples_compile(document: Path) -> None:
    for block in _fenced(document, "python"):
        compile(block, str(document), "exec")


ANSWERED_COMMAND = re.compile(
    r"^```sh\ncurl -F image=@(\S+) http://127\.0\.0\.1:8080(/\w+)\n```\n\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def test_readme_shows_the_services_answers() -> None:
    """Update the README's example after a new model."""
    shown = {
        address: (photo, json.loads(answer))
        for photo, address, answer in ANSWERED_COMMAND.findall(_text(ROOT / "README.md"))
    }
    assert shown.keys() == {"/super", "/face"}
    with TestClient(build_app(Settings())) as client:
        for address, (photo, answer) in shown.items():
            given = client.post(address, files={"image": (ROOT / photo).read_bytes()}).json()
            assert dict(_leaves(given)) == {
                name: value
                if isinstance(value, str)
                else pytest.approx(value, abs=2 if isinstance(value, int) else 0.02)
                for name, value in _leaves(answer)
            }


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, str | float]]:
    """Every text and number of a JSON value, by path."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _leaves(inner, f"{name}/{key}")
        case list():
            for index, inner in enumerate(value):
                yield from _leaves(inner, f"{name}/{index}")
        case str() | int() | float():
            yield name, value
