"""Runs the validation network on TensorFlow: slower and larger than LiteRT, the same scores.

For whoever must serve with TensorFlow itself; this module and `network.py` are the only ones here that import it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf

from img_super.domain import Evidence, ModelIdentity, RgbImage
from img_super.errors import BadModel
from img_super.model_card import ModelCard


class TensorFlowValidator:
    """Scores portrait crops with the Keras model. Safe to share between threads."""

    def __init__(self, weights: bytes, card: ModelCard) -> None:
        """Raises `BadModel` when the weights cannot be loaded."""
        self.card = card
        self.identity: ModelIdentity = card.identity("keras")
        network = _load(weights)
        shape = (1, card.input_side_px, card.input_side_px, 3)
        # A traced function answers ten times sooner than `model.predict`, which is made for large batches.
        self._run = tf.function(
            lambda crop: network(crop, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)]
        )

    def validate(self, crop: RgbImage) -> Evidence:
        """Score one crop: RGB uint8, `card.input_side_px` square, upright."""
        outputs = self._run(tf.constant(crop[np.newaxis], dtype=tf.float32))
        score = self.card.calibration.score(float(outputs["logit"].numpy().item()))
        return Evidence(score, outputs["heat_map"].numpy()[0, :, :, 0])


def _load(weights: bytes) -> keras.Model:
    """Keras loads from paths only; the checked bytes, not the file that may since have changed, are what is loaded."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "validator.keras"
        path.write_bytes(weights)
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except (ValueError, OSError, TypeError) as error:
            raise BadModel("The validation network is not a Keras model that can be loaded here.") from error
