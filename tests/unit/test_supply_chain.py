"""Only locked packages are installed, and no input can run code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from img_super import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "img_super"
LOCKED = [
    *(PACKAGE / f"requirements{name}.txt" for name in ("", "-slim", "-cluster")),
    *(ROOT / f"requirements-{name}.txt" for name in ("dev", "policies", "clients")),
]
SERVING = [
    path for room in ("api", "detector", "pipeline", "registry", "validator") for path in (PACKAGE / room).rglob("*.py")
]
RUN_WHAT_THEY_READ = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "yaml", "h5py"}
FETCH = {"urllib.request", "requests", "httpx", "httpx2", "aiohttp", "fsspec", "socket", "subprocess"}
LOCAL_SOCKETS = {"pipeline/decoder.py", "pipeline/decoder_process.py"}
"""Speak with a process of their own over a pair of sockets, and reach nothing else."""
SOCKET_OPTIONS = {"api/connection.py"}
"""Set options of a client's connection."""
WEIGHTS = {"validator/saved_network.py"}
"""Looks at a file of HDF5 before Keras does; there are only numbers in it, or it is refused."""
REACH_OUT = {"connect", "connect_ex", "create_connection", "getaddrinfo", "AF_INET", "AF_INET6"}
UNSAFE_OPTIONS = {("allow_pickle", True), ("safe_mode", False)}


@pytest.mark.parametrize("locked", LOCKED, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes(locked: Path) -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", locked.read_text())
    packages = [entry for entry in entries if re.match(r"[\w.-]+==", entry)]
    assert len(packages) > 20
    assert [entry.split()[0] for entry in packages if "--hash=sha256:" not in entry] == []
    assert not re.search(r"^(-e|--(extra-)?index-url|git\+|https?://)", locked.read_text(), re.MULTILINE)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every imported module, and its parent packages."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            yield from (name, name.partition(".")[0])


@pytest.mark.parametrize("path", SERVING, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_service_modules_use_no_unsafe_loader_or_http_client(path: Path) -> None:
    tree = ast.parse(path.read_text())
    name = str(path.relative_to(PACKAGE))
    allowed = {"socket", "subprocess"} if name in LOCAL_SOCKETS else {"socket"} if name in SOCKET_OPTIONS else set()
    allowed |= {"h5py"} if name in WEIGHTS else set()
    assert set(imported(tree)) & (RUN_WHAT_THEY_READ | FETCH) - allowed == set()
    assert {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & REACH_OUT == set()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec")] == []
    options = {(option.arg, option.value.value) for call in calls for option in call.keywords
               if isinstance(option.value, ast.Constant)}  # fmt: skip
    assert options & UNSAFE_OPTIONS == set()


def test_forbidden_calls_are_found() -> None:
    tree = ast.parse("import pickle\nfrom urllib.request import urlopen\nimport xml.sax")
    assert set(imported(tree)) & (RUN_WHAT_THEY_READ | FETCH) == {"pickle", "urllib.request"}


ADVISED = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.py")]


def test_no_document_installs_the_package_from_an_index() -> None:
    asked = re.compile(r"pip install ['\"]?img-super\[")
    assert [path.name for path in ADVISED if asked.search(path.read_text(encoding="utf-8"))] == []


def test_image_has_a_version_label_and_the_command() -> None:
    dockerfile = (PACKAGE / "Dockerfile").read_text(encoding="utf-8")
    assert f'org.opencontainers.image.version="{__version__}"' in dockerfile
    assert "/usr/local/bin/img-super" in dockerfile
