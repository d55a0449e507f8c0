from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.lab.dataset.crops import read_crops

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.usefixtures("step_by_step")


@pytest.fixture(scope="module")
def old_system() -> keras.Model:
    from img_super.lab.training.baselines import build_old_system

    return build_old_system(224)


def test_legacy_system_is_reproduced(old_system: keras.Model) -> None:
    from img_super.lab.training.baselines import OLD_INPUT_HW

    assert old_system.count_params() == 74_141_121
    assert old_system.get_layer("stretched").output.shape[1:] == (*OLD_INPUT_HW, 3)
    kinds = [type(layer).__name__ for layer in old_system.layers[4:]]
    assert kinds == [
        "Conv2D", "MaxPooling2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense",
    ]  # fmt: skip


def test_crops_the_face_with_its_margin(old_system: keras.Model) -> None:
    import keras

    seen = keras.Model(old_system.input, old_system.get_layer("face_with_margin").output)
    assert seen.output_shape[1] == pytest.approx(224 * 1.1 / 2.4, abs=1.5)


def test_frozen_backbone_trains_only_the_head(data_set: Path, tmp_path: Path) -> None:
    import keras

    from img_super.lab.training.baselines import fit_frozen_backbone
    from img_super.validator.network import build_network

    keras.utils.set_random_seed(2)
    crops = read_crops(data_set)
    drawn = build_network(32)
    backbone = [layer for layer in drawn.layers if layer.weights and layer.name.startswith(("block", "stem"))]
    arrays = {f"{one.name}/{number}": array for one in backbone for number, array in enumerate(one.get_weights())}
    np.savez(tmp_path / "imagenet.npz", **arrays)
    network = fit_frozen_backbone(crops, tmp_path / "imagenet.npz")
    assert np.array_equal(network.get_layer("stem_conv").get_weights()[0], arrays["stem_conv/0"])
    logits = np.asarray(network(crops.crops, training=False)["logit"])[:, 0]
    assert roc_auc_score(crops.labels, logits) > 0.95


def test_frozen_backbone_needs_imagenet_weights(tmp_path: Path) -> None:
    words = ["baseline", "frozen-backbone", "--data", "d", "--validation", "v", "--out", str(tmp_path)]
    refused = CliRunner().invoke(app, words)
    assert (refused.exit_code, "--imagenet" in refused.stderr) == (Exit.USAGE, True)
