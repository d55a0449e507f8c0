"""Batches for Keras: each photo differently in each epoch; the same seed gives the same batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from img_super.detector.outputs import CHANNELS
from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.whole_photos import Faces, LabelledPhoto
from img_super.lab.training.detector.augmentation import seen, with_strangers
from img_super.lab.training.detector.placing import Truth, draw_placing, placed_image, placed_truth
from img_super.lab.training.detector.targets import targets_of


class PhotoBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Letterboxed photos as float32 0 to 255, with the targets of every output."""

    def __init__(
        self, photos: Sequence[LabelledPhoto], faces: Faces, side_px: int, batch_size: int, seed: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._photos, self._faces, self._side_px = photos, faces, side_px
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0
        self._order = self._shuffled()

    def __len__(self) -> int:
        return max(1, len(self._photos) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Float32Array, dict[str, Float32Array]]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        inputs = [self._input(int(number)) for number in chosen]
        targets = [targets_of(truth, self._side_px) for _, truth in inputs]
        images = np.stack([image for image, _ in inputs]).astype(np.float32)
        return images, {name: np.stack([target[name] for target in targets]) for name in CHANNELS}

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> Any:
        return np.random.default_rng([self._seed, self._epoch]).permutation(len(self._photos))

    def _input(self, number: int) -> tuple[RgbImage, Truth]:
        rng = np.random.default_rng([self._seed, self._epoch, number])
        return augmented(rng, self._photos[number], self._faces, self._side_px)


def augmented(rng: np.random.Generator, photo: LabelledPhoto, faces: Faces, side_px: int) -> tuple[RgbImage, Truth]:
    """One training input, RGB uint8 [side, side, 3], with its labels."""
    placing = draw_placing(rng, photo, side_px)
    image, truth = placed_image(photo.image, placing, side_px), placed_truth(photo, placing)
    image, truth = with_strangers(rng, image, truth, faces)
    return seen(rng, image), truth
