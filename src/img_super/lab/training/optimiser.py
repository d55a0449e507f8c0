"""The optimiser of every run: AdamW with a cosine schedule, and a running mean of the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import keras


class SaysHowToStep(Protocol):
    """The optimiser's part of a recipe."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def warm_up_steps(self) -> int: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def ema_momentum(self) -> float: ...


def optimiser(recipe: SaysHowToStep, steps: int) -> Any:
    """AdamW for a run of this many steps."""
    warm_up = min(recipe.warm_up_steps, max(1, steps // 5))
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate * 0.02, max(1, steps - warm_up), alpha=0.01,
        warmup_target=recipe.learning_rate, warmup_steps=warm_up,
    )  # fmt: skip
    return keras.optimizers.AdamW(
        schedule, weight_decay=recipe.weight_decay, clipnorm=5.0,
        use_ema=recipe.ema_momentum > 0, ema_momentum=recipe.ema_momentum, ema_overwrite_frequency=None,
    )  # fmt: skip


def backup_and_mean(recipe: SaysHowToStep, folder: Path) -> list[Any]:
    """The callbacks that run before all others, so that those measure and save the mean of the weights.

    The backup comes first, so that a resumed run continues from the weights and not their mean.
    """
    backup = keras.callbacks.BackupAndRestore(str(folder / "backup"), save_freq="epoch", delete_checkpoint=False)
    return [backup, keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.ema_momentum else [backup]
