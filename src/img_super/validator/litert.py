"""Runs the validation network on LiteRT: the way of serving."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import Evidence, FloatMap, ModelIdentity, RgbImage
from img_super.errors import BadModel
from img_super.per_thread import PerThread
from img_super.registry.card import Card


class LiteRtValidator:
    """Scores portrait crops. Safe to share between threads: each gets an interpreter of its own.

    One thread an interpreter, batch 1: batching does not help a network of this size on a CPU, and two requests
    on two cores are answered sooner by two interpreters than by one with two threads.
    """

    def __init__(self, weights: bytes, card: Card) -> None:
        """Raises `BadModel` when the weights cannot be run or take another input than the card says."""
        self.card = card
        self.identity: ModelIdentity = card.identity("litert")
        self._runners = PerThread(lambda: _Runner(weights, card.input_side_px))
        self._runners.get()

    def validate(self, crop: RgbImage) -> Evidence:
        """Score one crop: RGB uint8, `card.input_side_px` square, upright."""
        logit, heat_map = self._runners.get().run(crop)
        return Evidence(self.card.calibration.score(logit), heat_map)


class _Runner:
    """One thread's interpreter."""

    def __init__(self, weights: bytes, side_px: int) -> None:
        try:
            interpreter = Interpreter(model_content=weights, num_threads=1)
            self._run = interpreter.get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise BadModel("The validation network is not a LiteRT model that can be run here.") from error
        inputs = self._run.get_input_details()
        wanted_shape = (1, side_px, side_px, 3)
        shapes = [tuple(details["shape"]) for details in inputs.values()]
        if shapes != [wanted_shape] or set(self._run.get_output_details()) != {"logit", "heat_map"}:
            raise BadModel(f"The validation network takes {shapes}, but its card says {wanted_shape}.")
        (self._input_name,) = inputs

    def run(self, crop: RgbImage) -> tuple[float, FloatMap]:
        outputs = self._run(**{self._input_name: crop[np.newaxis].astype(np.float32)})
        return float(outputs["logit"].item()), outputs["heat_map"][0, :, :, 0]
