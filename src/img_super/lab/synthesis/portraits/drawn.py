"""Portraits drawn on demand with the networks inside the package `random-face`, run by OpenVINO.

The networks (Apache-2.0) were distilled from StyleGAN2 (T. Karras et al., 2020) trained on FFHQ, whose own terms are
non-commercial: what is drawn goes to the cache and into training, never into the project.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    from openvino import Core, Model

SOURCE: Final = "drawn"

_STYLE_VALUES: Final = 512
_STYLES_FOR_MEAN: Final = 4096
_MEAN_SEED: Final = 20250101
_PULL: Final = 0.75
_VARIED_LAYERS: Final = slice(3, 9)
"""Of those that a style goes into: features of the face. Before them lie pose and hair, behind them the colours."""
_CONFIGURATION: Final = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}


class PortraitPainter:
    """Draws picture `number` of `seed`: the same picture whatever was drawn before it."""

    def __init__(self) -> None:
        """Raises `BadWeights`: the networks or OpenVINO are missing."""
        # One core for both: of two, the one that goes first leaves the thread a stack for signals that is no more, and
        # the next Ctrl-C is a crash.
        core = _core()
        mapping, synthesis = (
            core.read_model(structure.read(), values.read()) for structure, values in (MAPPING, SYNTHESIS)
        )
        _add_second_style(synthesis)
        self._mapping, self._synthesis = (
            core.compile_model(model, "CPU", _CONFIGURATION) for model in (mapping, synthesis)
        )
        rng = np.random.default_rng(_MEAN_SEED)
        self._mean = np.mean([self._style(rng) for _ in range(_STYLES_FOR_MEAN)], axis=0, dtype=np.float64)

    def paint(self, seed: int, number: int, variant: int | None = None) -> RgbImage:
        """RGB uint8, 448 px square.

        `variant`: draw the picture with another face, in the same pose, hair and light. Source: T. Karras et al., "A
        Style-Based Generator Architecture for Generative Adversarial Networks", 2019 (style mixing).
        """
        style = self._pulled((seed, number))  # NumPy takes a 0 behind them for nothing
        features = style if variant is None else self._pulled((seed, number, 1 + variant))
        picture = np.asarray(self._synthesis([style, features])[0], np.float32)[0]
        return reduced(np.asarray(np.clip(picture.transpose(1, 2, 0) * 127.5 + 128, 0, 255), np.uint8))

    def _pulled(self, seed: Sequence[int]) -> Float32Array:
        """A style, nearer to the mean: far from it the networks draw monsters."""
        style = self._style(np.random.default_rng(seed))
        return np.asarray(self._mean + _PULL * (style - self._mean), np.float32)

    def _style(self, rng: np.random.Generator) -> Float32Array:
        return np.array(self._mapping(rng.standard_normal((1, _STYLE_VALUES), dtype=np.float32))[0], np.float32)


def draw_portraits(count: int, seed: int, cache: Path, progress: Progress | None = None) -> list[Portrait]:
    """The first `count` portraits of a seed; only those that the cache lacks are drawn (0.5 s each).

    Numbers whose picture shows no frontal face are passed over. Identities are `drawn/<seed>-<number>`. Raises
    `BadWeights`: something must be drawn or examined, and a network is missing.
    """
    pack = cache / f"{SOURCE}-{seed}-{count}-{PACK_VERSION}.pack"
    if (portraits := read_pack(pack)) is not None:
        return portraits
    networks, studio, number = PortraitNetworks(), _Studio(cache), 0
    pictures: list[tuple[Path, str]] = []
    while len(pictures) < count:
        path, identity = studio.picture(seed, number), f"{SOURCE}/{seed}-{number}"
        if prepare_portrait(path, identity, cache, networks) is not None:
            pictures.append((path, identity))
            if progress is not None:
                progress(len(pictures), count)
        number += 1
    return packed(pictures, pack, cache)


def draw_variants(identities: Sequence[str], count: int, cache: Path) -> dict[str, list[Portrait]]:
    """So many variants of each identity `drawn/<seed>-<number>`; those that show no frontal face are left out.

    Raises `BadWeights`: something must be drawn or examined, and a network is missing.
    """
    networks, studio = PortraitNetworks(), _Studio(cache)
    portraits: dict[str, list[Portrait]] = {}
    for identity in identities:
        seed, number = (int(part) for part in identity.removeprefix(f"{SOURCE}/").split("-"))
        pictures = {variant: studio.picture(seed, number, variant) for variant in range(count)}
        prepared = [
            prepare_portrait(path, f"{identity}-{variant}", cache, networks) for variant, path in pictures.items()
        ]
        portraits[identity] = [portrait for portrait in prepared if portrait is not None]
    return portraits


class _Studio:
    """The folder of drawn pictures; the painter is called only when one is missing."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / SOURCE
        self._painter: PortraitPainter | None = None

    def picture(self, seed: int, number: int, variant: int | None = None) -> Path:
        name = f"{seed}-{number}" if variant is None else f"{seed}-{number}-{variant}"
        path = self._folder / f"{name}.png"
        if not path.exists():
            self._painter = self._painter or PortraitPainter()
            bgr = cv2.cvtColor(self._painter.paint(seed, number, variant), cv2.COLOR_RGB2BGR)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_durably(path, cv2.imencode(".png", bgr)[1].tobytes())
        return path


def _add_second_style(synthesis: Model) -> None:
    """Give the network a second input, a style for `_VARIED_LAYERS`."""
    from openvino import opset13  # noqa: PLC0415  an extra: only who draws portraits needs it

    style = synthesis.inputs[0].get_node().get_friendly_name()
    layers = [
        node
        for node in synthesis.get_ops()
        if node.get_type_name() == "MatMul" and node.input_value(0).get_node().get_friendly_name() == style
    ]
    layers.sort(key=lambda node: int(node.get_friendly_name().split("_")[1].split("/")[0]))
    features = opset13.parameter([1, _STYLE_VALUES], np.float32, name="features")
    for node in layers[_VARIED_LAYERS]:
        node.input(0).replace_source_output(features.output(0))
    synthesis.add_parameters([features])


def _core() -> Core:
    try:
        from openvino import Core  # noqa: PLC0415  an extra: only who draws portraits needs it
    except ModuleNotFoundError as error:
        raise BadWeights(f"Portraits are drawn with OpenVINO; {how_to_install('synthesis')}.") from error
    return Core()
