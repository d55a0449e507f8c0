"""Runs the validation network on LiteRT, as in serving."""

from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.domain import Evidence, FloatMap, ModelIdentity, RgbImage
from img_super.errors import BadModel
from img_super.model_card import ModelCard
from img_super.per_thread import PerThread
from img_super.validator.evidence import evidence_of
from img_super.validator.litert_file import check_file

_EXACT_UINT8: Final = (1.0, 0)
"""Scale and zero point at which a quantised input is the crop's own bytes."""


class LiteRtValidator:
    """Scores portrait crops. Safe to share between threads: each gets an interpreter of its own.

    One thread per interpreter, batch 1: batching does not help a network of this size on a CPU, and two interpreters
    answer two requests on two cores faster than one with two threads.
    """

    def __init__(self, weights: bytes, card: ModelCard, file: str = "litert") -> None:
        """Take the weights that the card lists as `file`, float or int8.

        Raises `BadModel`: the weights cannot be run, do not take the card's input, or give no heat map.
        """
        self.card = card
        self.identity: ModelIdentity = card.identity(file)
        self._networks = PerThread(lambda: LiteRtNetwork(weights))
        network = self._networks.get()
        if network.side_px != card.input_side_px:
            raise BadModel(f"The network takes crops of {network.side_px} px, its card says {card.input_side_px} px.")
        if not network.has_heat_map:
            raise BadModel("The validation network has no output `heat_map`: it was made to be compared, not to serve.")

    def validate(self, crop: RgbImage) -> Evidence:
        """Score one crop: RGB uint8, `card.input_side_px` square, upright."""
        logit, heat_map = self._networks.get().run(crop)
        return evidence_of(logit, heat_map, self.card.calibration)


class LiteRtNetwork:
    """One thread's interpreter: from a crop to `logit` and, if the network has one, `heat_map`.

    The input is float32 (0 to 255) or, when quantised, the crop's bytes themselves.
    """

    def __init__(self, weights: bytes) -> None:
        """Raises `BadModel` if the weights are not a network of this kind."""
        check_file(weights)
        try:
            interpreter = Interpreter(model_content=weights, num_threads=1)
            self._run = interpreter.get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise BadModel("The validation network is not a LiteRT model that can be run here.") from error
        inputs, outputs = self._run.get_input_details(), self._run.get_output_details()
        shapes = [tuple(details["shape"]) for details in inputs.values()]
        if len(shapes) != 1 or shapes != [(1, shapes[0][1], shapes[0][1], 3)] or "logit" not in outputs:
            raise BadModel(f"The validation network takes {shapes} and answers {sorted(outputs)}: no crop, no logit.")
        ((self._input_name, details),) = inputs.items()
        self._dtype = details["dtype"]
        if self._dtype != np.float32 and (self._dtype, details["quantization"]) != (np.uint8, _EXACT_UINT8):
            raise BadModel(f"The validation network takes {self._dtype.__name__} of {details['quantization']}.")
        self.side_px = int(shapes[0][1])
        self.has_heat_map = "heat_map" in outputs
        _, *map_shape = outputs["heat_map"]["shape"] if self.has_heat_map else (1, 1, 1, 1)
        if len(map_shape) != 3 or max(map_shape[:2]) > self.side_px or map_shape[2] != 1:
            raise BadModel(f"The validation network has a heat map of {map_shape}: not one number for parts of a crop.")

    def run(self, crop: RgbImage) -> tuple[float, FloatMap]:
        """The uncalibrated answer and the map, which is empty (0 x 0) if the network has none."""
        outputs = self._run(**{self._input_name: crop[np.newaxis].astype(self._dtype, copy=False)})
        heat_map = outputs["heat_map"][0, :, :, 0] if self.has_heat_map else np.empty((0, 0), np.float32)
        return float(outputs["logit"].item()), heat_map
