"""Runs the detector's networks on LiteRT."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from img_super.detector.outputs import CHANNELS, STRIDE
from img_super.domain import Float32Array, RgbImage
from img_super.errors import BadModel


class LiteRtRunner:
    """One thread's interpreter of a network for one RGB photo."""

    def __init__(self, weights: bytes) -> None:
        """Raises `BadModel` when the weights are no network of this kind."""
        try:
            self._run = Interpreter(model_content=weights, num_threads=1).get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise BadModel("The detection network is not a LiteRT model that can be run here.") from error
        inputs = self._run.get_input_details()
        shapes = [tuple(int(side) for side in details["shape"]) for details in inputs.values()]
        if len(shapes) != 1 or shapes != [(1, *shapes[0][1:3], 3)]:
            raise BadModel(f"The detection network takes {shapes}: not one photo.")
        (self._input_name,) = inputs
        self.input_wh = (shapes[0][2], shapes[0][1])

    def expect(self, answers: dict[str, tuple[int, ...]]) -> None:
        """Raises `BadModel` if the outputs have other names or shapes."""
        shapes = {name: tuple(details["shape"]) for name, details in self._run.get_output_details().items()}
        if shapes != answers:
            raise BadModel(f"The detection network answers {shapes}: not what is read from it.")

    def run(self, pixels: RgbImage) -> dict[str, Float32Array]:
        """The outputs for one photo, RGB uint8 [height, width, 3], without batch axis; non-finite values become 0."""
        outputs = self._run(**{self._input_name: pixels[np.newaxis].astype(np.float32)})
        return {name: np.nan_to_num(output[0], copy=False, posinf=0, neginf=0) for name, output in outputs.items()}


class LiteRtDetectionNetwork(LiteRtRunner):
    """Maps a letterboxed photo to the outputs that `outputs` reads, each [height / 8, width / 8, channels]."""

    def __init__(self, weights: bytes) -> None:
        """Raises `BadModel` when the weights are no network of this kind."""
        super().__init__(weights)
        cells = (self.input_wh[1] // STRIDE, self.input_wh[0] // STRIDE)
        self.expect({name: (1, *cells, channels) for name, channels in CHANNELS.items()})
