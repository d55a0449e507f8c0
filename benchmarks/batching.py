"""Does batching crops pay off for the validation network? Processor time per crop by batch size.

    python -m benchmarks.batching [--batches 1,2,4,8] [--rounds 20] [--file litert_int8]

On a busy core, a batch only saves the overhead of a call. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.timing import Measure, in_turn, median, ratio, timed
from img_super.model_card import read_card, read_weights
from img_super.pipeline.load import SHIPPED_MODEL


def main() -> None:
    """Print the milliseconds per crop for each batch size, then everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", default="1,2,4,8")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--file", default=read_card(SHIPPED_MODEL).serves, help="which weights of the card")
    arguments = parser.parse_args()
    batches = [int(batch) for batch in arguments.batches.split(",")]
    taken = in_turn({str(batch): network(arguments.file, batch) for batch in batches}, arguments.rounds)
    each = {batch: taken[str(batch)].processor_ms / batch for batch in batches}
    rows = {batch: median(each[batch]).as_json() for batch in batches}
    times = {batch: ratio(each[batch], each[batches[0]]).as_json() for batch in batches}
    for batch in batches:
        print(f"{batch} together: {rows[batch][0]} ms a crop, {times[batch][0]} times as much")
    told = {"file": arguments.file, "cpu_ms_a_crop": rows, "times_the_first": times}
    print(json.dumps({"benchmark": "batching", **told}))


def network(file: str, batch: int) -> Measure:
    """The shipped network for this batch size, in one thread."""
    interpreter = Interpreter(model_content=read_weights(SHIPPED_MODEL, read_card(SHIPPED_MODEL), file), num_threads=1)
    (given,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(given["index"], (batch, *given["shape"][1:]))
    interpreter.allocate_tensors()
    crops = np.random.default_rng(1).integers(0, 256, (batch, *given["shape"][1:])).astype(given["dtype"])

    def run() -> None:
        interpreter.set_tensor(given["index"], crops)
        interpreter.invoke()

    return timed(run)


if __name__ == "__main__":
    main()
