from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.streams import stream_crops
from img_super.lab.training.recipe import Recipe
from tests.networks.small import small_network

pytestmark = pytest.mark.usefixtures("step_by_step")

TINY = Recipe("tiny", 32, epochs=1, batch_size=8, learning_rate=1e-3, neck_channels=8, frozen=("stem",))
PAIRED = msgspec.structs.replace(TINY, paired=True)


@pytest.mark.usefixtures("in_graphs")
def test_short_training_gives_a_network_that_can_be_resumed(
    data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr("img_super.lab.training.train.build_network", small_network)
    recipe, crops = tmp_path / "tiny.toml", read_crops(data_set)
    recipe.write_bytes(msgspec.toml.encode(TINY))
    typed = f"train --data {data_set} --validation {data_set} --out {tmp_path} --recipe {recipe}".split()
    done = CliRunner().invoke(app, typed, catch_exceptions=False)
    assert f"img-super export --network {tmp_path}/best.keras" in done.stdout
    network = keras.saving.load_model(tmp_path / "best.keras")
    answers = network(crops.crops[:2].astype(np.float32), training=False)
    assert answers["logit"].shape == (2, 1)
    assert answers["heat_map"].shape == (2, 2, 2, 1)
    epochs = (tmp_path / "epochs.csv").read_text().splitlines()
    assert b"val_auc" in next((tmp_path / "tensorboard").iterdir()).read_bytes()
    CliRunner().invoke(app, typed, catch_exceptions=False)
    assert (tmp_path / "epochs.csv").read_text().splitlines() == epochs


def test_training_needs_crops(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["train", "--validation", "val", "--out", str(tmp_path)])
    assert (refused.exit_code, "--data" in refused.stderr) == (Exit.USAGE, True)


def test_mixed_precision_keeps_weights_and_outputs_in_float32() -> None:
    import keras

    from img_super.lab.training.train import network_of

    network = network_of(msgspec.structs.replace(TINY, precision="mixed_bfloat16"))
    assert network.get_layer("neck_conv").compute_dtype == "bfloat16"
    assert {weights.dtype for weights in network.weights} == {"float32"}
    answers = network(np.zeros((1, 32, 32, 3), np.float32))
    assert {keras.backend.standardize_dtype(answer.dtype) for answer in answers.values()} == {"float32"}
    assert keras.mixed_precision.dtype_policy().name == "float32"  # of all that is built later


def test_batches_from_disk_equal_those_from_memory(data_set: Path) -> None:
    from img_super.lab.dataset.batches import Batches

    streamed, held = (Batches(crops, TINY, True) for crops in (stream_crops(data_set), read_crops(data_set)))
    assert np.array_equal(streamed[1][0], held[1][0])
    assert np.array_equal(streamed[1][1]["heat_map"], held[1][1]["heat_map"])


def test_batches_depend_on_seed_and_epoch(data_set: Path) -> None:
    from img_super.lab.dataset.batches import Batches

    crops = read_crops(data_set)
    one, other = (Batches(crops, TINY, True) for _ in range(2))
    assert len(one) == 4
    assert np.array_equal(one[1][0], other[1][0])
    other.on_epoch_end()
    assert not np.array_equal(one[1][0], other[1][0])


def test_paired_batches_hold_each_genuine_crop_with_its_attack(data_set: Path) -> None:
    from img_super.lab.dataset.batches import Batches

    crops = read_crops(data_set)
    batches = Batches(crops, PAIRED, True)
    for index in range(len(batches)):
        labels = batches[index][1]["logit"][:, 0]
        assert labels.tolist().count(0) == labels.tolist().count(1) == 4


def test_validation_batches_keep_order_and_pixels(data_set: Path) -> None:
    from img_super.lab.dataset.batches import Batches

    crops = read_crops(data_set)
    images, answers = Batches(crops, msgspec.structs.replace(TINY, batch_size=20), False)[1]
    assert np.array_equal(images, crops.crops[20:].astype(np.float32))
    assert answers["logit"][:, 0].tolist() == crops.labels[20:].tolist()
    assert answers["heat_map"].shape == (12, 2, 2, 1)
