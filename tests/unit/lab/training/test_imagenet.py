from __future__ import annotations

import numpy as np
import numpy.typing as npt

from img_super.lab.training.imagenet import convert


def test_kernels_are_transposed_and_normalisations_ordered() -> None:
    state: dict[str, npt.NDArray[np.float64]] = {"_conv_stem.weight": np.zeros((32, 3, 3, 5))}
    parts = ("weight", "bias", "running_mean", "running_var")
    state |= {f"_bn0.{part}": np.full(32, index) for index, part in enumerate(parts)}
    state |= {"_blocks.0._depthwise_conv.weight": np.zeros((32, 1, 3, 5))}
    state |= {"_blocks.0._project_conv.weight": np.zeros((16, 32, 1, 1))}
    arrays = convert(state)
    assert arrays["stem_conv/0"].shape == (3, 5, 3, 32)
    assert arrays["block0_depthwise_conv/0"].shape == (3, 5, 32, 1)
    assert arrays["block0_project_conv/0"].shape == (1, 1, 32, 16)
    assert [arrays[f"stem_bn/{index}"][0] for index in range(4)] == [0, 1, 2, 3]
