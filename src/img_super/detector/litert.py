"""Runs the one-pass network on LiteRT."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.detector.heads import CHANNELS, STRIDE, FloatArray
from img_super.domain import RgbImage
from img_super.errors import BadModel


class LiteRtDetectionNetwork:
    """One thread's interpreter: from a letterboxed photo to the outputs that `heads` reads."""

    def __init__(self, weights: bytes) -> None:
        """Raises `BadModel` when the weights are no network of this kind."""
        try:
            self._run = Interpreter(model_content=weights, num_threads=1).get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise BadModel("The detection network is not a LiteRT model that can be run here.") from error
        inputs = self._run.get_input_details()
        shapes = [tuple(int(side) for side in details["shape"]) for details in inputs.values()]
        if len(shapes) != 1 or shapes != [(1, shapes[0][1], shapes[0][1], 3)]:
            raise BadModel(f"The detection network takes {shapes}: no square photo.")
        (self._input_name,) = inputs
        self.side_px = shapes[0][1]
        cells = self.side_px // STRIDE
        answers = {name: tuple(details["shape"]) for name, details in self._run.get_output_details().items()}
        if answers != {name: (1, cells, cells, channels) for name, channels in CHANNELS.items()}:
            raise BadModel(f"The detection network answers {answers}: not what is read from it.")

    def run(self, square: RgbImage) -> dict[str, FloatArray]:
        """The outputs for one letterboxed photo, RGB uint8 [side, side, 3]; each [cells, cells, channels]."""
        outputs = self._run(**{self._input_name: square[np.newaxis].astype(np.float32)})
        return {name: outputs[name][0] for name in CHANNELS}
