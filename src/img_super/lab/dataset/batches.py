"""Batches for Keras: shuffled by epoch, augmented at random; the same seed gives the same batches.

If paired, a document's crops stay together and are augmented alike: whatever a genuine sample and its attack share
(card, camera, augmentation) cancels out of the step, which leaves the attack.
"""

from typing import Any, Protocol

import cv2
import keras
import numpy as np

from img_super.domain import Float32Array, Int64Array, UInt8Array
from img_super.lab.dataset.augmentation import augment
from img_super.lab.dataset.streams import Crops
from img_super.validator.network import STRIDE


class Batching(Protocol):
    """The recipe's batch options; see `training.recipe.Recipe`."""

    @property
    def batch_size(self) -> int: ...
    @property
    def input_side_px(self) -> int: ...
    @property
    def paired(self) -> bool: ...
    @property
    def seed(self) -> int: ...


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Crops as float32 0 to 255, with the answers `logit` (the label) and `heat_map` (the mask, 0 to 1).

    The third item, the sample weights, excludes maps whose mask is unknown.
    """

    def __init__(self, crops: Crops, recipe: Batching, training: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self._crops, self._batch_size, self._map_side = crops, recipe.batch_size, recipe.input_side_px // STRIDE
        self._seed, self._training, self._epoch = recipe.seed, training, 0
        self._labels = crops.labels
        together = crops.documents if recipe.paired else np.arange(len(crops.labels))
        _, self._drawn_with = np.unique(together, return_inverse=True)
        self._order = self._shuffled()

    def __len__(self) -> int:
        count = len(self._labels) / self._batch_size
        return int(count) if self._training else int(np.ceil(count))

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        pairs = [self._sample(int(position)) for position in chosen]
        crops = np.stack([crop for crop, _ in pairs]).astype(np.float32)
        maps = np.stack([mask for _, mask in pairs])[..., None]
        answers = {"logit": self._labels[chosen][:, None], "heat_map": maps}
        if self._crops.has_mask is None:
            return crops, answers
        counts = np.broadcast_to(self._crops.has_mask[chosen].astype(np.float32)[:, None, None], maps.shape[:3])
        return crops, answers, {"logit": np.ones(len(chosen), np.float32), "heat_map": counts}

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> Int64Array:
        if not self._training:
            return np.arange(len(self._labels))
        places = np.random.default_rng([self._seed, self._epoch]).permutation(int(self._drawn_with.max()) + 1)
        return np.argsort(places[self._drawn_with], kind="stable")

    def _sample(self, position: int) -> tuple[UInt8Array, Float32Array]:
        crop, mask = self._crops.crops[position], self._crops.masks[position]
        if self._training:
            rng = np.random.default_rng([self._seed, self._epoch, int(self._drawn_with[position])])
            crop, mask = augment(rng, crop, mask)
        small = cv2.resize(mask, (self._map_side, self._map_side), interpolation=cv2.INTER_AREA)
        return crop, np.asarray(small, np.float32) / np.float32(255)
