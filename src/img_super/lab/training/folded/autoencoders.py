"""Small autoencoders of aligned faces: their output has a network's texture and a face's shape.

Three decoders share an encoder and upsample in three ways, because each leaves different traces.
Source: A. Odena et al., "Deconvolution and Checkerboard Artifacts", 2016; W. Shi et al., "Sub-Pixel CNN", 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from img_super.domain import RgbImage

SIDE_PX: Final = 128
_CHANNELS: Final = (24, 48, 64)
_CODE_CHANNELS: Final = (24, 48)
"""Few channels keep little of a face, more keep most of it; one of them is used for each decoder."""


class Autoencoders(nn.Module):  # type: ignore[misc]
    """An encoder to 1/8 of the side and a decoder per upsampling method."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _CHANNELS
        self.encoder = nn.Sequential(_down(3, first), _down(first, second), _down(second, third))
        self.codes = nn.ModuleList(nn.Conv2d(third, _CODE_CHANNELS[number % 2], 1) for number in range(len(_UPS)))
        self.decoders = nn.ModuleList(_decoder(_CODE_CHANNELS[number % 2], up) for number, up in enumerate(_UPS))

    def forward(self, faces: Any) -> list[Any]:
        """Each decoder's output for faces, float [n, 3, 128, 128] in [-1, 1]."""
        features = self.encoder(faces)
        return [decoder(code(features)) for code, decoder in zip(self.codes, self.decoders, strict=True)]

    def drawn_again(self, rng: np.random.Generator, face: RgbImage) -> RgbImage:
        """An aligned face, RGB uint8 [side, side, 3], as reconstructed by one of the decoders."""
        side_px = len(face)
        chosen = int(rng.integers(len(self.decoders)))
        small = face if side_px == SIDE_PX else cv2.resize(face, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            code = self.codes[chosen](self.encoder(_to_tensor(np.asarray(small, np.uint8)[None])))
            drawn = self.decoders[chosen](code)[0].permute(1, 2, 0).numpy()
        again = np.clip(127.5 * (drawn + 1), 0, 255).round().astype(np.uint8)
        if side_px != SIDE_PX:
            again = np.asarray(cv2.resize(again, (side_px, side_px), interpolation=cv2.INTER_CUBIC), np.uint8)
        return np.asarray(again, np.uint8)


def trained(faces: Sequence[RgbImage], steps: int, seed: int, batch: int = 16) -> Autoencoders:
    """Autoencoders of aligned faces, each RGB uint8 [128, 128, 3]."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Autoencoders()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        chosen = np.stack([faces[int(index)] for index in rng.integers(len(faces), size=batch)])
        wanted = _to_tensor(chosen[:, :, :: -1 if rng.random() < 0.5 else 1])
        losses = [functional.l1_loss(drawn, wanted) for drawn in model(wanted)]
        optimiser.zero_grad(set_to_none=True)
        torch.stack(losses).sum().backward()
        optimiser.step()
        rates.step()
    model.eval()
    return model


def read_or_train(path: Path, faces: Sequence[RgbImage], steps: int, seed: int) -> Autoencoders:
    """Read them from the file, or train new ones and write them to it."""
    if path.exists():
        model = Autoencoders()
        model.load_state_dict(torch.load(path))
        model.eval()
        return model
    model = trained(faces, steps, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path)
    return model


def _to_tensor(faces: np.ndarray[Any, np.dtype[np.uint8]]) -> Any:
    return torch.from_numpy(np.ascontiguousarray(faces)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _decoder(code: int, up: Callable[[int, int], nn.Module]) -> nn.Module:
    first, second, third = _CHANNELS
    ends = nn.Conv2d(code, third, 3, padding=1), nn.Conv2d(first, 3, 3, padding=1)
    return nn.Sequential(ends[0], up(third, second), up(second, first), up(first, first), ends[1])


def _down(less: int, more: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(less, more, 4, stride=2, padding=1), nn.LeakyReLU(0.1))


def _transposed(more: int, less: int) -> nn.Module:
    return nn.Sequential(nn.ConvTranspose2d(more, less, 3, stride=2, padding=1, output_padding=1), nn.LeakyReLU(0.1))


def _nearest(more: int, less: int) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(more, less, 3, padding=1), nn.LeakyReLU(0.1))


def _shuffled(more: int, less: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(more, 4 * less, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(0.1))


_UPS: Final = (_transposed, _nearest, _shuffled)
