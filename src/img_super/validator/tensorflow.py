"""Runs the validation network on TensorFlow: slower and larger than LiteRT, with equal scores.

For operators who must serve with TensorFlow; only this module and `network.py` import it here.
"""

import keras
import numpy as np
import tensorflow as tf

from img_super.domain import Evidence, ModelIdentity, RgbImage
from img_super.errors import BadModel
from img_super.model_card import ModelCard
from img_super.validator.evidence import evidence_of
from img_super.validator.saved_network import open_network


class TensorFlowValidator:
    """Scores portrait crops with the Keras model. Safe to share between threads."""

    def __init__(self, weights: bytes, card: ModelCard) -> None:
        """Raises `BadModel`: the weights cannot be loaded, or their inputs or outputs do not match the card."""
        self.card = card
        self.identity: ModelIdentity = card.identity("keras")
        network = open_network(weights)
        _check_ends(network, card)
        shape = (1, card.input_side_px, card.input_side_px, 3)
        # A traced function is ten times faster than `model.predict`, which is made for large batches.
        self._run = tf.function(
            lambda crop: network(crop, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)]
        )

    def validate(self, crop: RgbImage) -> Evidence:
        """Score one crop: RGB uint8, `card.input_side_px` square, upright."""
        outputs = self._run(tf.constant(crop[np.newaxis], dtype=tf.float32))
        logit, heat_map = float(outputs["logit"].numpy().item()), outputs["heat_map"].numpy()[0, :, :, 0]
        return evidence_of(logit, heat_map, self.card.calibration)


def _check_ends(network: keras.Model, card: ModelCard) -> None:
    side = card.input_side_px
    if network.input_shape != (None, side, side, 3):
        raise BadModel(f"The network takes {network.input_shape}, its card says crops of {side} px.")
    answers = network.output if isinstance(network.output, dict) else {}
    shapes = {name: tuple(answer.shape) for name, answer in answers.items()}
    if shapes.get("logit") != (None, 1) or shapes.get("heat_map", ())[-1:] != (1,):
        raise BadModel("The validation network does not answer with a logit and a heat map.")
