"""The data dictionary lists exactly the manifest's columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from img_super.lab.dataset.manifest import GENERATOR, Row, SavedFile
from img_super.lab.synthesis.capture.camera import draw_capture, facts_of
from img_super.lab.synthesis.capture.transmission import draw_passing
from img_super.lab.synthesis.superimpositions import SPECIES

DICTIONARY = (Path(__file__).parents[4] / "docs" / "data" / "data_dictionary.md").read_text(encoding="utf-8")


def _named(section: str) -> set[str]:
    """The names at the start of the list items under a heading."""
    body = DICTIONARY.split(f"\n{section}\n", 1)[1].split("\n## ", 1)[0].split("\n### ", 1)[0]
    beginnings = re.findall(r"^- ((?:`[^`]+`(?:, )?)+)(?=:| \()", body, flags=re.MULTILINE)
    names = [name for beginning in beginnings for name in re.findall(r"`([^`]+)`", beginning)]
    assert len(names) == len(set(names))
    return set(names)


def test_lists_exactly_the_columns() -> None:
    assert _named("## Columnas") == {field.name for field in msgspec.structs.fields(Row)}
    assert _named("### `file`") == {f"file.{field.name}" for field in msgspec.structs.fields(SavedFile)}


@pytest.mark.parametrize(("column", "draw"), [("capture", draw_capture), ("passing", draw_passing)])
def test_lists_exactly_the_drawn_parameters(column: str, draw: Callable[[np.random.Generator], object]) -> None:
    drawn = {
        re.sub(r"\.\d+", ".N", name) for seed in range(150) for name in facts_of(draw(np.random.default_rng(seed)))
    }
    assert _named(f"### `{column}`") == drawn


def test_species_and_version_match_the_generator() -> None:
    row = next(line for line in DICTIONARY.splitlines() if line.startswith("- `species` "))
    assert [name for name in re.findall(r"`(\w+)`", row) if name != "species"] == list(SPECIES)
    assert f"- `generator` (str): `{GENERATOR}`," in DICTIONARY
