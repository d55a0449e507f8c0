from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import CHANNELS, read_portrait
from img_super.detector.weights import read_yunet_weights
from img_super.errors import BadModel
from img_super.lab.training.detector.placing import fitted, placed_truth
from img_super.lab.training.detector.recipe import DetectorRecipe
from img_super.lab.training.detector.targets import targets_of
from tests.labelled_photos import labelled_photo, white_faces

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.usefixtures("step_by_step")

SIDE = 64
RECIPE = DetectorRecipe("tiny", SIDE, 2, 4, 1e-3, warm_up_steps=2, watched_photos=4, frozen=("stem",))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    import keras

    from img_super.detector.network import build_network

    keras.utils.set_random_seed(1)
    return build_network((SIDE, SIDE))


def test_network_is_small_and_has_an_output_per_cell(network: keras.Model) -> None:
    import keras

    assert network.count_params() < 1_000_000
    answers = network(np.zeros((2, SIDE, SIDE, 3), np.float32))
    assert {name: tuple(answer.shape) for name, answer in answers.items()} == {
        name: (2, SIDE // 8, SIDE // 8, channels) for name, channels in CHANNELS.items()
    }
    assert float(keras.ops.max(answers["centres"])) < 0.2  # before learning, faces are rare


def test_indivisible_side_is_refused() -> None:
    from img_super.detector.network import build_network

    with pytest.raises(ValueError, match="multiples of 32"):
        build_network((64, 100))


def test_yunet_backbone_is_loaded(network: keras.Model) -> None:
    import keras

    from img_super.lab.training.detector.first_weights import load_yunet

    load_yunet(network)
    cv2 = pytest.importorskip("cv2")
    yunet = cv2.dnn.readNetFromONNX(np.frombuffer(read_yunet_weights(), np.uint8))
    bgr = np.random.default_rng(3).integers(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
    yunet.setInput(cv2.dnn.blobFromImage(bgr))
    expected = yunet.forward("onnx_node!Relu_4")[0].transpose(1, 2, 0)
    moved = np.roll(bgr, 1, (0, 1))  # Keras pads on the other side, which shifts the photo by one pixel
    unit = keras.Model(network.input, network.get_layer("unit0_depthwise").output)
    found = keras.ops.convert_to_numpy(unit(moved[np.newaxis, :, :, ::-1]))[0]
    assert np.allclose(found[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-3)
    assert expected.std() > 0.1


def test_loss_is_low_for_right_answers_and_higher_for_wrong_ones() -> None:
    from img_super.lab.training.detector.losses import LOSSES

    truth = placed_truth(labelled_photo(), fitted(labelled_photo(), SIDE, 1))
    target = {name: array[np.newaxis] for name, array in targets_of(truth, SIDE).items()}
    right = {name: target[name][..., : CHANNELS[name]] for name in CHANNELS}
    right["rotations"] = right["rotations"] * 20
    for name, loss in LOSSES.items():
        good = float(loss(target[name], right[name])[0])
        assert good < float(loss(target[name], 0.3 + 0 * right[name])[0]), name
        assert good < 0.2, name


def test_batches_depend_on_seed_and_epoch() -> None:
    from img_super.lab.training.detector.batches import PhotoBatches

    photos = [labelled_photo()] * 4
    one, again = (PhotoBatches(photos, white_faces(), SIDE, 2, 7) for _ in range(2))
    assert np.array_equal(one[0][0], again[0][0])
    again.on_epoch_end()
    assert not np.array_equal(one[0][0], again[0][0])
    assert len(one) == 2


def test_bystanders_become_faces_outside_the_card() -> None:
    from img_super.lab.training.detector.batches import augmented

    photo, faces = labelled_photo(), white_faces()
    truths = [augmented(np.random.default_rng([5, n]), photo, faces, 160)[1] for n in range(60)]
    crowded = [truth for truth in truths if len(truth.others) > 1]
    assert 5 < len(crowded) < 40


def small_network(input_wh: tuple[int, int]) -> keras.Model:
    """The whole network's outputs from one layer, which TensorFlow traces quickly."""
    import keras

    photo = keras.Input((input_wh[1], input_wh[0], 3), name="photo")
    scaled = keras.layers.Rescaling(1 / 255)(photo)
    stem = keras.layers.Conv2D(8, 9, strides=8, padding="same", activation="relu", name="stem")(scaled)
    seen = keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="seen")(stem)
    heads = {name: keras.layers.Conv2D(channels, 1, name=name) for name, channels in CHANNELS.items()}
    answers = {name: head(seen) for name, head in heads.items()}
    return keras.Model(photo, answers | {"centres": keras.layers.Activation("sigmoid")(answers["centres"])})


@pytest.mark.usefixtures("in_graphs")
def test_finished_run_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from img_super.lab.training.detector.train import DetectorRun, train_detector

    monkeypatch.setattr("img_super.lab.training.detector.train.build_network", small_network)
    monkeypatch.setattr("img_super.lab.training.detector.train.load_yunet", lambda _: None)
    photos, run = [labelled_photo()] * 8, DetectorRun(tmp_path / "run", None)
    best = train_detector(RECIPE, (photos, white_faces()), photos, run)
    assert {name: answer.shape[-1] for name, answer in best.output.items()} == CHANNELS
    epochs = (tmp_path / "run" / "epochs.csv").read_text()
    assert epochs.count("\n") == 1 + RECIPE.epochs
    train_detector(RECIPE, (photos, white_faces()), photos, run)
    assert (tmp_path / "run" / "epochs.csv").read_text() == epochs


@pytest.mark.usefixtures("in_graphs")
def test_exports_for_another_input_shape(network: keras.Model, tmp_path: Path) -> None:
    from img_super.lab.shipping.export_detector import export_detector

    network.save(tmp_path / "best.keras")
    files = export_detector(tmp_path / "best.keras", tmp_path / "model", (2 * SIDE, SIDE))
    served = LiteRtDetectionNetwork((tmp_path / "model" / files["litert"].name).read_bytes())
    assert served.input_wh == (2 * SIDE, SIDE)
    outputs = served.run(np.zeros((SIDE, 2 * SIDE, 3), np.uint8))
    assert sorted(read_portrait(outputs).rotations) == [0, 90, 180, 270]


def test_other_files_are_refused() -> None:
    with pytest.raises(BadModel, match="not a LiteRT model"):
        LiteRtDetectionNetwork(b"nothing")


def test_correctness_means_place_size_and_rotation() -> None:
    from img_super.lab.training.detector.train import is_right

    truth = placed_truth(labelled_photo(), fitted(labelled_photo(), SIDE, 3))
    target = targets_of(truth, SIDE)
    outputs = {name: target[name][..., : CHANNELS[name]] for name in CHANNELS}
    assert is_right(read_portrait(outputs), truth)
    turned = outputs | {"rotations": np.roll(outputs["rotations"], 1, axis=-1)}
    assert not is_right(read_portrait(turned), truth)
    large = outputs | {"boxes": outputs["boxes"] + np.float32(0.6)}
    assert not is_right(read_portrait(large), truth)
