from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("step_by_step")


@dataclass(frozen=True)
class Steps:
    """The optimiser's part of a recipe."""

    ema_momentum: float
    learning_rate: float = 0.1
    warm_up_steps: int = 1
    weight_decay: float = 0.0


def trained(recipe: Steps, folder: Path, epochs: int = 1) -> tuple[float, list[float]]:
    """The final weight, and the weight that other callbacks saw after each epoch."""
    import keras

    from img_super.lab.training.optimiser import backup_and_mean, optimiser

    seen: list[float] = []
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    network.compile(optimizer=optimiser(recipe, steps=100), loss="mse", jit_compile=False)

    def weight() -> float:
        return float(network.get_weights()[0][0, 0])

    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(weight()))
    ones: Any = np.ones((8, 1), np.float32)
    callbacks = [*backup_and_mean(recipe, folder), look]
    network.fit(ones, 100 * ones, batch_size=1, epochs=epochs, callbacks=callbacks, verbose=0)
    return weight(), seen


def test_keeps_the_last_weights_without_averaging(tmp_path: Path) -> None:
    last, seen = trained(Steps(0.0), tmp_path)
    assert seen == [last]
    assert last == pytest.approx(0.7, abs=0.1)  # eight steps of AdamW under a constant slope, seven at the full rate


def test_keeps_the_mean_and_trains_on_with_the_raw_weights(tmp_path: Path) -> None:
    """A slow mean stays near the first step while training goes on."""
    _, (after_one, after_two) = trained(Steps(0.999), tmp_path / "mean", epochs=2)
    _, (weight_after_one, _) = trained(Steps(0.0), tmp_path / "last", epochs=2)
    assert 0 < after_one < after_two < 0.3 * weight_after_one


def test_resumed_run_trains_on_with_the_raw_weights(tmp_path: Path) -> None:
    """Otherwise its second epoch would start from the mean, far behind."""
    trained(Steps(0.999), tmp_path / "resumed")
    _, resumed = trained(Steps(0.999), tmp_path / "resumed", epochs=2)
    _, whole = trained(Steps(0.999), tmp_path / "whole", epochs=2)
    assert resumed[-1] == pytest.approx(whole[-1], rel=1e-3)
