"""Trains the one-pass detector: resumable, seeded, keeps the weights with the most right validation answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from img_super.detector.network import build_network
from img_super.detector.outputs import CHANNELS, FoundPortrait, read_portrait
from img_super.domain import Float32Array
from img_super.lab.dataset.whole_photos import Faces, LabelledPhoto
from img_super.lab.training.detector.batches import PhotoBatches
from img_super.lab.training.detector.first_weights import load_yunet
from img_super.lab.training.detector.losses import LOSSES, SHARES
from img_super.lab.training.detector.placing import Truth, fitted, placed_image, placed_truth
from img_super.lab.training.detector.recipe import DetectorRecipe
from img_super.lab.training.detector.targets import rotation_after
from img_super.lab.training.optimiser import backup_and_mean, optimiser
from img_super.lab.training.train import BEST_FILE, Callback, Progress, freeze
from img_super.validator.saved_network import open_network

RIGHT_OVERLAP: Final = 0.5
_WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class DetectorRun:
    """The checkpoint folder, and a `.keras` file to start from; None: YuNet's backbone, the rest random."""

    folder: Path
    first_weights: Path | None


class ValidationRight(Callback):
    """Adds `val_right` to the epoch's logs: the share of randomly rotated photos with right position and rotation."""

    def __init__(self, photos: Sequence[LabelledPhoto], side_px: int) -> None:
        super().__init__()
        placed = [(photo, fitted(photo, side_px, number % 4)) for number, photo in enumerate(photos)]
        self._inputs = np.stack([placed_image(photo.image, placing, side_px) for photo, placing in placed])
        self._truths = [placed_truth(photo, placing) for photo, placing in placed]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        answers = self.model.predict(self._inputs.astype(np.float32), batch_size=32, verbose=0)
        right = [is_right(read_portrait(one), truth) for one, truth in zip(_each(answers), self._truths, strict=True)]
        if logs is not None:
            logs["val_right"] = float(np.mean(right))


def _each(answers: dict[str, Float32Array]) -> list[dict[str, Float32Array]]:
    return [{name: answers[name][number] for name in CHANNELS} for number in range(len(answers["centres"]))]


def is_right(found: FoundPortrait, truth: Truth) -> bool:
    """Whether face and rotation match the portrait."""
    box, other = found.face.box, truth.portrait
    union = max(box.width * box.height, other.width * other.height)
    smaller = min(box.width * box.height, other.width * other.height)
    alike = box.overlap(other) * smaller / union
    return found.rotations[0] == rotation_after(truth.quarters) and alike >= RIGHT_OVERLAP


def train_detector(
    recipe: DetectorRecipe,
    training: tuple[Sequence[LabelledPhoto], Faces],
    validation: Sequence[LabelledPhoto],
    run: DetectorRun,
) -> keras.Model:
    """Train by a recipe, resuming a run in the same folder; return the network with the most right answers."""
    keras.utils.set_random_seed(recipe.seed)
    run.folder.mkdir(parents=True, exist_ok=True)
    network = build_network((recipe.input_side_px,) * 2)
    if run.first_weights is None:
        load_yunet(network)
    else:
        network.set_weights(open_network(run.first_weights).get_weights())
    freeze(network, recipe.frozen)
    batches = PhotoBatches(
        *training, recipe.input_side_px, recipe.batch_size, recipe.seed,
        workers=_WORKERS, use_multiprocessing=False, max_queue_size=6,
    )  # fmt: skip
    compile_detector(network, recipe, steps=len(batches) * recipe.epochs)
    right = ValidationRight(validation[: recipe.watched_photos], recipe.input_side_px)
    network.fit(batches, epochs=recipe.epochs, callbacks=_callbacks(recipe, run.folder, right), verbose=0)
    best: keras.Model = keras.saving.load_model(run.folder / BEST_FILE, compile=False)
    return best


def compile_detector(network: keras.Model, recipe: DetectorRecipe, steps: int) -> None:
    """Give the network its optimiser and its four losses."""
    network.compile(optimizer=optimiser(recipe, steps), loss=LOSSES, loss_weights=SHARES, jit_compile=False)


def _callbacks(recipe: DetectorRecipe, folder: Path, right: ValidationRight) -> list[Any]:
    best, checkpoint = str(folder / BEST_FILE), keras.callbacks.ModelCheckpoint
    return [
        *backup_and_mean(recipe, folder),
        right,
        checkpoint(best, monitor="val_right", mode="max", save_best_only=True),
        keras.callbacks.CSVLogger(str(folder / "epochs.csv"), append=True),
        Progress(recipe.epochs),
    ]
