"""Portraits drawn on demand with the networks inside the package `random-face`, run by OpenVINO.

The networks (Apache-2.0) were distilled from StyleGAN2 (T. Karras et al., 2020) trained on FFHQ, whose own terms are
non-commercial: what is drawn goes to the cache and into training, never into the project.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from img_super.domain import Float32Array, RgbImage
from img_super.durable import replace_durably
from img_super.errors import how_to_install
from img_super.lab.synthesis.portraits.folder import (
    PACK_VERSION,
    PortraitNetworks,
    Progress,
    packed,
    prepare_portrait,
    reduced,
)
from img_super.lab.synthesis.portraits.pack import read_pack
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.portraits.weights import MAPPING, SYNTHESIS, BadWeights

if TYPE_CHECKING:
    from openvino import Core

SOURCE: Final = "drawn"

_STYLE_VALUES: Final = 512
_STYLES_FOR_MEAN: Final = 4096
_MEAN_SEED: Final = 20250101
_PULL: Final = 0.75
_CONFIGURATION: Final = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}


class PortraitPainter:
    """Draws picture `number` of `seed`: the same picture whatever was drawn before it."""

    def __init__(self) -> None:
        """Raises `BadWeights`: the networks or OpenVINO are missing."""
        # One core for both: of two, the one that goes first leaves the thread a stack for signals that is no more, and
        # the next Ctrl-C is a crash.
        core = _core()
        self._mapping, self._synthesis = (
            core.compile_model(core.read_model(structure.read(), values.read()), "CPU", _CONFIGURATION)
            for structure, values in (MAPPING, SYNTHESIS)
        )
        rng = np.random.default_rng(_MEAN_SEED)
        self._mean = np.mean([self._style(rng) for _ in range(_STYLES_FOR_MEAN)], axis=0, dtype=np.float64)

    def paint(self, seed: int, number: int) -> RgbImage:
        """RGB uint8, 448 px square. The style is pulled towards the mean: far from it the networks draw monsters."""
        style = self._style(np.random.default_rng((seed, number)))
        pulled = (self._mean + _PULL * (style - self._mean)).astype(np.float32)
        drawn = np.asarray(self._synthesis(pulled)[0], np.float32)[0]
        return reduced(np.asarray(np.clip(drawn.transpose(1, 2, 0) * 127.5 + 128, 0, 255), np.uint8))

    def _style(self, rng: np.random.Generator) -> Float32Array:
        return np.array(self._mapping(rng.standard_normal((1, _STYLE_VALUES), dtype=np.float32))[0], np.float32)


def draw_portraits(count: int, seed: int, cache: Path, progress: Progress | None = None) -> list[Portrait]:
    """The first `count` portraits of a seed; only those that the cache lacks are drawn (0.5 s each).

    Numbers whose picture shows no frontal face are passed over. Identities are `drawn/<seed>-<number>`.

    Raises:
        BadWeights: something must be drawn or examined, and a network is missing.
    """
    pack = cache / f"{SOURCE}-{seed}-{count}-{PACK_VERSION}.pack"
    if (portraits := read_pack(pack)) is not None:
        return portraits
    networks, studio, number = PortraitNetworks(), _Studio(cache), 0
    named: list[tuple[Path, str]] = []
    while len(named) < count:
        path, identity = studio.picture(seed, number), f"{SOURCE}/{seed}-{number}"
        if prepare_portrait(path, identity, cache, networks) is not None:
            named.append((path, identity))
            if progress is not None:
                progress(len(named), count)
        number += 1
    return packed(named, pack, cache)


class _Studio:
    """The folder of drawn pictures; the painter is called only when one is missing."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / SOURCE
        self._painter: PortraitPainter | None = None

    def picture(self, seed: int, number: int) -> Path:
        path = self._folder / f"{seed}-{number}.png"
        if not path.exists():
            self._painter = self._painter or PortraitPainter()
            painted = cv2.cvtColor(self._painter.paint(seed, number), cv2.COLOR_RGB2BGR)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_durably(path, cv2.imencode(".png", painted)[1].tobytes())
        return path


def _core() -> Core:
    try:
        from openvino import Core  # noqa: PLC0415  an extra: only who draws portraits needs it
    except ModuleNotFoundError as error:
        raise BadWeights(f"Portraits are drawn with OpenVINO; {how_to_install('synthesis')}.") from error
    return Core()
