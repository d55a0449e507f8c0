"""The recipe for training the one-pass detector: a file with everything that affects the result."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from img_super.lab.training.recipe import read_recipe_as

RECIPES: Final = Path(__file__).parent / "recipes"


class DetectorRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training run needs.

    Attributes:
        input_side_px: side of the letterboxed photo.
        epochs, batch_size, learning_rate, warm_up_steps, weight_decay: of AdamW under a cosine schedule.
        ema_momentum: the saved weights are a mean over the last 1 / (1 - momentum) steps.
        frozen: layers with these name prefixes keep YuNet's weights; the first ones take most of the time.
        watched_photos: number of validation photos for the share of right answers after each epoch.
        seed: for everything random.
    """

    name: str
    input_side_px: int
    epochs: int
    batch_size: int
    learning_rate: float
    warm_up_steps: int = 100
    weight_decay: float = 1e-4
    ema_momentum: float = 0.98
    frozen: tuple[str, ...] = ()
    watched_photos: int = 300
    seed: int = 1


def read_detector_recipe(path: Path) -> DetectorRecipe:
    """Read a recipe. Raises `BadRecipe`."""
    return read_recipe_as(DetectorRecipe, path)
