"""The training recipe: a file with everything that affects the result."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec

from img_super.errors import ImgSuperError
from img_super.model_card import NOT_DECODED

RECIPES: Final = Path(__file__).parent / "recipes"
RecipeT = TypeVar("RecipeT", bound=msgspec.Struct)


class BadRecipe(ImgSuperError):
    """A recipe is missing, is not TOML, or has invalid values."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training run needs.

    Attributes:
        input_side_px: side of the crops.
        epochs, batch_size, learning_rate, warm_up_steps, weight_decay: of AdamW under a cosine schedule.
        ema_momentum: the saved weights are a mean over the last 1 / (1 - momentum) steps; 0: the last ones.
        label_smoothing: pulls the labels towards one half.
        heat_map_weight: of the map's loss relative to the label's.
        patience_epochs: stop when the validation AUC has not improved for this many epochs.
        frozen: layers with these name prefixes keep their first weights; the first ones take most of the time.
        paired: a genuine sample and its attack share a batch and their augmentation.
        kept_care: up to which care (0 crude, 1 careful) attacks of each stage are learned from; a stage that is not
            named, not at all. Empty: from all attacks.
        precision: `float32`, or `mixed_bfloat16` or `mixed_float16`, which a GPU with units for it does faster.
        watched_crops: number of validation crops for the AUC after each epoch.
        seed: for everything random.
    """

    name: str
    input_side_px: int
    epochs: int
    batch_size: int
    learning_rate: float
    warm_up_steps: int = 100
    weight_decay: float = 1e-4
    ema_momentum: float = 0.0
    label_smoothing: float = 0.04
    heat_map_weight: float = 0.5
    patience_epochs: int = 3
    seed: int = 1
    neck_channels: int = 128
    dropout: float = 0.3
    frozen: tuple[str, ...] = ()
    paired: bool = False
    kept_care: dict[str, float] = {}
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    watched_crops: int = 600


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises `BadRecipe`."""
    return read_recipe_as(Recipe, path)


def recipe_file(name: str, recipes: Path = RECIPES) -> Path:
    """A recipe's path: the given file if the name ends in `.toml`, otherwise a shipped recipe."""
    return Path(name) if name.endswith(".toml") else recipes / f"{name}.toml"


def read_recipe_as(kind: type[RecipeT], path: Path) -> RecipeT:
    """Read a recipe of this kind. Raises `BadRecipe`."""
    try:
        recipe = msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise BadRecipe(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except NOT_DECODED as error:
        raise BadRecipe(f"The recipe {path} is not valid: {error}.") from error
    values = msgspec.structs.asdict(recipe).items()
    if endless := [name for name, value in values if isinstance(value, float) and not isfinite(value)]:
        raise BadRecipe(f"The recipe {path} has no number for {', '.join(endless)}.")
    return recipe
