"""The README from top to bottom: each command is typed as it stands, each figure is the model card's.

What installs gigabytes or needs Docker is left to others, by name: `.ci/run` types `make test`, `.ci/container` builds
the images and runs every `docker run` of the documents. Here those lines are only read by the program that runs them.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from benchmarks.running_service import Service, environment
from img_super.cli.app import app
from img_super.figures import Figure, SetFigures
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SHELL, PYTHON = (re.findall(rf"^```{name}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL) for name in ("sh", "python"))
(WITH_CLIENT,) = re.findall(
    r"^```python\n([^`]*?Client\([^`]*?)^```$", (ROOT / "docs/python_api.md").read_text("utf-8"), re.MULTILINE
)
ADDRESS = "http://127.0.0.1:8080"
TYPED = ("alias", "curl")
"""What a block begins with that is typed into a shell as it stands."""
ELSEWHERE = {
    "make": "`make --dry-run`; `.ci/run` types it",
    "docker": "`.ci/container` types it",
    "kubectl": "the folder; tests/deploy renders it",
    "img-super": "its options; tests/integration generates and audits",
}
CARD = read_card(SHIPPED_MODEL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A temporary folder with the checkout's paths, whose output is discarded."""
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def typed(text: str, folder: Path) -> str:
    """The output of pasting this into a terminal."""
    script = f"shopt -s expand_aliases\nset -e\n{text}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_block_is_run_here_or_elsewhere() -> None:
    first_words = {block.split()[0] for block in SHELL}
    assert first_words <= {*TYPED, *ELSEWHERE}
    assert set(TYPED) <= first_words


@pytest.mark.parametrize("block", [block for block in SHELL if block.startswith("curl")])
def test_requests_get_an_answer(block: str, service: Service, checkout: Path) -> None:
    answer = json.loads(
        typed(block.replace(ADDRESS, service.url).replace("curl", "curl --fail-with-body -sS"), checkout)
    )
    assert {"score", "confidence", "items"} & answer.keys()


def test_commands_without_a_service_succeed(checkout: Path) -> None:
    """`super` exits with 1 because a photo is suspicious."""
    (block,) = [block for block in SHELL if block.startswith("alias")]
    told = typed(re.sub(r"^(img-super super .*?)( +#|$)", r"\1 || [ $? = 1 ]\2", block, flags=re.MULTILINE), checkout)
    assert "attack" in told
    assert (checkout / "results.html").exists()
    assert len(list((checkout / "looked-at").iterdir())) == (checkout / "results.csv").read_text().count(".jpg")


@pytest.mark.parametrize("block", [*PYTHON, WITH_CLIENT])
def test_python_blocks_run(block: str, service: Service, checkout: Path) -> None:
    (checkout / "example.py").write_text(block.replace(ADDRESS, service.url))
    assert "attack" in typed(".venv/bin/python example.py", checkout)


def left_to_others() -> list[str]:
    lines = [
        line.split("#")[0].strip() for block in SHELL if not block.startswith(TYPED) for line in block.splitlines()
    ]
    return [line for line in lines if line]


@pytest.mark.parametrize("line", left_to_others())
def test_blocks_run_elsewhere_parse(line: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, *words = shlex.split(line)
    if program == "make":
        done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    elif program == "img-super":
        monkeypatch.chdir(checkout)
        (checkout / "data" / "train").mkdir(parents=True)
        typer.main.get_command(app).commands[words[0]].make_context(words[0], words[1:])  # type: ignore[attr-defined]
    elif program == "kubectl":
        assert (ROOT / words[-1] / "kustomization.yaml").is_file()
    else:
        assert words[0] in {"build", "run"}
        assert words[0] == "run" or (ROOT / words[-1] / "Dockerfile").is_file()


def shown(figure: object) -> str:
    assert isinstance(figure, Figure)
    low, high = figure.interval_95
    return f"{figure.value:.3f} ({low:.3f} to {high:.3f})"


def figures_of(measured: SetFigures) -> dict[str, str]:
    return {
        "AUC": shown(measured.auc),
        "false alarms at the threshold (BPCER)": shown(measured.bpcer),
        "missed at the threshold (APCER)": shown(measured.apcer),
    }


def rates_for_a_person(name: str) -> dict[str, str]:
    told = {}
    for policy, chosen in CARD.policies.items():
        share = chosen.figures[name].undetermined
        told[f"sent to a person at `{policy}`: genuine, forged"] = f"{share.bona_fide:.3f}, {share.attack:.3f}"
    return told


def test_figures_match_the_model_card() -> None:
    generated, real = (CARD.figures[name] for name in ("generated_validation", "real_captures"))
    columns = [
        {**figures_of(measured), **rates_for_a_person(name)}
        for name, measured in (("generated_validation", generated), ("real_captures", real))
    ]
    for name, left in columns[0].items():
        assert f"| {name} | {left} | {columns[1][name]} |" in README
    assert f"`portrait_validator` {CARD.version}, measured" in README


def test_miss_rates_by_kind_match_the_model_card() -> None:
    for name in ("generated_validation", "real_captures"):
        missed = [100 * kind.apcer.value for kind in CARD.figures[name].species.values()]
        assert f"{min(missed):.0f} to {max(missed):.0f} % " in " ".join(README.split())
