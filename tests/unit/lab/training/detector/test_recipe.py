from __future__ import annotations

from pathlib import Path

import pytest

from img_super.lab.training.detector.recipe import RECIPES, read_detector_recipe


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_load(path: Path) -> None:
    assert read_detector_recipe(path).name == path.stem
