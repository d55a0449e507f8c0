"""Clients generated from the OpenAPI document, and our own, compile and get answers and problems."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from benchmarks.running_service import Service
from tests.waiting import PATIENCE_S

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
TOOLS: Final = ROOT / ".venv" / "clients"
TSC: Final = HERE / "node_modules" / ".bin" / "tsc"
HTTPMIME: Final = Path("/usr/share/java/httpmime.jar")
PHOTO: Final = ROOT / "src" / "img_super" / "samples" / "attack.jpg"
SAID: Final = "attack 0"
INSTALLED_BY: Final = {
    "java": "apt install default-jdk-headless",
    "javac": "apt install default-jdk-headless",
    str(HTTPMIME): "apt install libhttpmime-java",
}
GENERATORS: Final[dict[str, dict[str, object]]] = {
    "typescript-fetch": {},
    "java": {"library": "native", "additionalProperties": {"openApiNullable": "false"}},
}


@pytest.fixture(scope="module")
def document(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    with urllib.request.urlopen(f"{service.url}/openapi.json", timeout=PATIENCE_S) as answer:
        path.write_bytes(answer.read())
    return path


def need(*programs: str | Path) -> None:
    missing = [str(program) for program in programs if shutil.which(program) is None and not Path(program).is_file()]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{missing} are missing; .ci/run installs them")
    if missing:
        how = INSTALLED_BY.get(missing[0], "apt install npm && npm ci --prefix tests/end_to_end/clients")
        pytest.skip(f"{missing} are not installed; on Debian: {how}")


def run(*command: str | Path, **variables: str) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=os.environ | variables, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def jar() -> Path:
    need("java")
    (jar,) = TOOLS.glob("lib/python3*/site-packages/openapi_generator_cli/openapi-generator.jar")
    return jar


@pytest.fixture(scope="module")
def generated(jar: Path, document: Path) -> Path:
    """openapi-generator's output, a folder per generator, in one run of Java."""
    for generator, options in GENERATORS.items():
        asked = {"generatorName": generator, "inputSpec": str(document), "outputDir": str(document.parent / generator)}
        document.with_name(f"{generator}.config").write_text(json.dumps(asked | options))
    configs = sorted(document.parent.glob("*.config"))
    run("java", "-XX:TieredStopAtLevel=1", "-jar", jar, "batch", "--fail-fast", "--threads", "1", "--", *configs)
    return document.parent


def test_python(service: Service, document: Path, tmp_path: Path) -> None:
    out = tmp_path / "python"
    path = f"{TOOLS / 'bin'}:{os.environ['PATH']}"  # the generator formats with the Ruff on the path
    run(TOOLS / "bin" / "python", "-m", "openapi_python_client", "generate", "--path", document, "--output-path", out,
        "--fail-on-warning", PATH=path)  # fmt: skip
    said = run(TOOLS / "bin" / "python", "-c", (HERE / "call.txt").read_text(), service.url, PHOTO, PYTHONPATH=str(out))
    assert said == SAID


def test_typescript(service: Service, generated: Path, tmp_path: Path) -> None:
    need("node", TSC)
    strict = ("--strict", "--target", "es2020", "--lib", "es2020,dom", "--module", "commonjs")
    run(TSC, *strict, "--outDir", tmp_path, generated / "typescript-fetch" / "index.ts")
    assert run("node", HERE / "call.cjs", tmp_path, service.url, PHOTO) == SAID


def test_java(service: Service, generated: Path, jar: Path, tmp_path: Path) -> None:
    need("javac", HTTPMIME)
    sources = [HERE / "Generated.java", HERE / "Call.java", *sorted(generated.glob("java/src/main/java/**/*.java"))]
    libraries = f"{jar}:{HTTPMIME}"  # the generator's jar contains Jackson and Apache's client
    run("javac", "-nowarn", "-d", tmp_path, "-cp", libraries, *sources)
    assert run("java", "-cp", f"{tmp_path}:{libraries}", "Call", service.url, PHOTO) == SAID


def test_javascript(service: Service, tmp_path: Path) -> None:
    """Needs a package.json of type module, as in a project that uses the client."""
    need("node", TSC)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    module = shutil.copy(ROOT / "docs" / "clients" / "img_super.js", tmp_path)
    types = ("--noEmit", "--allowJs", "--checkJs", "--target", "es2022", "--lib", "es2022,dom", "--module", "esnext")
    run(TSC, *types, module)
    assert run("node", HERE / "call_img_super.mjs", module, service.url, PHOTO) == SAID
