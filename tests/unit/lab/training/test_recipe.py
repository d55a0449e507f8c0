from __future__ import annotations

from pathlib import Path

import pytest

from img_super.lab.training.recipe import RECIPES, BadRecipe, read_recipe


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_load(path: Path) -> None:
    assert read_recipe(path).name == path.stem


@pytest.mark.parametrize("text", ["name = ", "name = 'x'\nunknown = 1"])
def test_bad_recipe_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(BadRecipe, match=r"bad\.toml"):
        read_recipe(tmp_path / "bad.toml")


def test_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
