"""Trains the validation network: resumable, seeded, keeps the weights with the best validation AUC."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from sklearn.metrics import roc_auc_score
from tensorboardX import SummaryWriter

from img_super.lab.dataset.batches import Batches
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.streams import Crops
from img_super.lab.training.folded.attention import at_side
from img_super.lab.training.optimiser import backup_and_mean, optimiser
from img_super.lab.training.recipe import Recipe
from img_super.validator.network import EMBEDDING, build_network, load_backbone
from img_super.validator.saved_network import open_network

BEST_FILE: Final = "best.keras"
_MIXING_WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run's checkpoint folder and first weights.

    Attributes:
        first_weights: `.npz` of `training.imagenet`, or the `.keras` of an earlier run; None: random.
    """

    folder: Path
    first_weights: Path | None


class Callback(keras.callbacks.Callback):  # type: ignore[misc]
    """Keras's callback, which has no types; subclasses here are type-checked."""


class ValidationAuc(Callback):
    """Adds `val_auc` to the epoch's logs, for the checkpoint and for stopping early."""

    def __init__(self, batches: Batches, labels: Any) -> None:
        super().__init__()
        self._batches, self._labels = batches, labels

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        answers = self.model.predict(self._batches, verbose=0)
        auc = float(roc_auc_score(self._labels, answers["logit"][:, 0]))
        if logs is not None:
            logs["val_auc"] = auc


def train(recipe: Recipe, training: Crops, validation: CropSet, run: Run) -> keras.Model:
    """Train by a recipe, resuming a run in the same folder; return the network with the best AUC."""
    keras.utils.set_random_seed(recipe.seed)
    run.folder.mkdir(parents=True, exist_ok=True)
    network = network_of(recipe)
    if run.first_weights is not None:
        load_first_weights(network, run.first_weights)
    freeze(network, recipe.frozen)
    batches = Batches(training, recipe, True, workers=_MIXING_WORKERS, use_multiprocessing=False, max_queue_size=6)
    validation = validation.first(recipe.watched_crops)
    held_out = Batches(validation, recipe, False)
    compile_network(network, recipe, steps=len(batches) * recipe.epochs)
    callbacks = _callbacks(recipe, run.folder, ValidationAuc(held_out, validation.labels))
    network.fit(batches, epochs=recipe.epochs, callbacks=callbacks, verbose=0)
    best: keras.Model = keras.saving.load_model(run.folder / BEST_FILE)
    return best


def network_of(recipe: Recipe) -> keras.Model:
    """The recipe's network; its weights and answers are float32, whatever its layers compute in.

    Source: P. Micikevicius et al., "Mixed Precision Training", 2018.
    """
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(recipe.precision)
    try:
        return build_network(recipe.input_side_px, recipe.neck_channels, recipe.dropout)
    finally:
        keras.mixed_precision.set_dtype_policy(before)


def load_first_weights(network: keras.Model, path: Path) -> None:
    """Start from ImageNet's backbone (`.npz`) or from a whole trained network of the same shape (`.keras`)."""
    if path.suffix == ".keras":
        _copy_weights(open_network(path), network)
    else:
        load_backbone(network, path)


def _copy_weights(first: keras.Model, network: keras.Model) -> None:
    for layer in network.layers:
        weights = first.get_layer(layer.name).get_weights() if layer.weights else []
        if layer.name == EMBEDDING:  # the only weights that depend on the crop's side
            weights[1] = at_side(weights[1], isqrt(layer.get_weights()[1].shape[0]))
        layer.set_weights(weights)


def freeze(network: keras.Model, prefixes: tuple[str, ...]) -> None:
    """Freeze the layers whose names begin with one of the prefixes, including their statistics."""
    for layer in network.layers:
        if prefixes and layer.name.startswith(prefixes):
            layer.trainable = False


def compile_network(network: keras.Model, recipe: Recipe, steps: int) -> None:
    """Give the network its optimiser and its two losses."""
    network.compile(
        optimizer=optimiser(recipe, steps),
        loss={
            "logit": keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
            "heat_map": keras.losses.BinaryCrossentropy(),
        },
        loss_weights={"logit": 1.0, "heat_map": recipe.heat_map_weight},
        jit_compile=False,  # XLA on a CPU takes minutes to compile and is slow at depthwise convolutions
    )


def _callbacks(recipe: Recipe, folder: Path, auc: ValidationAuc) -> list[Any]:
    return [
        *backup_and_mean(recipe, folder),
        auc,
        keras.callbacks.ModelCheckpoint(str(folder / BEST_FILE), monitor="val_auc", mode="max", save_best_only=True),
        keras.callbacks.ModelCheckpoint(str(folder / "epoch-{epoch:02d}.keras")),  # for comparing on other data
        keras.callbacks.EarlyStopping("val_auc", mode="max", patience=recipe.patience_epochs),
        keras.callbacks.CSVLogger(str(folder / "epochs.csv"), append=True),
        CurveWriter(folder / "tensorboard"),
        Progress(recipe.epochs),
    ]


class CurveWriter(Callback):
    """Writes each epoch's figures for `tensorboard --logdir`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        # Reopened for each epoch, so that a resumed run extends its curves.
        with SummaryWriter(str(self._folder)) as writer:
            for name, value in (logs or {}).items():
                writer.add_scalar(name, float(value), epoch + 1)


class Progress(Callback):
    """Prints progress: a line now and then, and one per epoch."""

    def __init__(self, epochs: int, every: int = 20) -> None:
        super().__init__()
        self._epochs, self._every, self._epoch = epochs, every, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if (batch + 1) % self._every == 0:
            self._print(f"epoch {self._epoch + 1}/{self._epochs} batch {batch + 1}", logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._print(f"epoch {epoch + 1}/{self._epochs} done", logs)

    @staticmethod
    def _print(head: str, logs: dict[str, float] | None) -> None:
        from rich.console import Console  # noqa: PLC0415 - only for people

        numbers = "  ".join(f"{name} {np.round(value, 4)}" for name, value in (logs or {}).items())
        Console().print(f"{head}  {numbers}", highlight=False)
