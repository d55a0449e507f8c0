from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from typer.testing import CliRunner

from img_super.cli.app import app
from img_super.cli.exits import Exit
from img_super.figures import Figure
from img_super.lab.dataset.crops import read_crops
from img_super.lab.dataset.forged_photos import ForgedCrop
from img_super.lab.dataset.measured_sets import GENERATED
from img_super.lab.evaluation.answers import answers_of
from img_super.lab.shipping.card import Validation
from img_super.model_card import read_card
from img_super.registry.registry import check_model

if TYPE_CHECKING:
    import keras

SIDE = 32


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Small, because conversion time grows with depth. It scores bright crops as suspicious."""
    import keras

    keras.utils.set_random_seed(1)
    crop = keras.Input((SIDE, SIDE, 3), name="crop")
    seen = keras.layers.Conv2D(32, 3, 2, "same", activation="relu")(keras.layers.Rescaling(1 / 255)(crop))
    features = keras.layers.Conv2D(64, 3, 2, "same", activation="relu")(seen)
    heat_map = keras.layers.Conv2D(1, 1, activation="sigmoid", name="heat_map")(features)
    logit = keras.layers.Dense(1, name="logit")(keras.layers.GlobalAveragePooling2D()(features))
    network = keras.Model(crop, {"logit": logit, "heat_map": heat_map})
    network.set_weights([np.abs(array) for array in network.get_weights()])
    return network


@pytest.fixture(scope="module")
def model(network: keras.Model, data_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with all three files, exported once by the verb, because conversions are slow."""
    folder = tmp_path_factory.mktemp("exported")
    network.save(folder / "best.keras")
    typed = f"export --network {folder / 'best.keras'} --validation {data_set} --out {folder / 'model'} --version 7"
    done = CliRunner().invoke(app, typed.split(), catch_exceptions=False)
    assert done.stdout.startswith("portrait_validator 7\n")
    assert done.stdout.count("<- serves") == 1
    return folder / "model"


@pytest.fixture(scope="module")
def exported(model: Path) -> dict[str, Path]:
    return {kind: model / described.name for kind, described in read_card(model).files.items()}


def test_card_describes_the_files_and_the_default(model: Path, exported: dict[str, Path]) -> None:
    card = check_model(model)
    for kind, described in card.files.items():
        assert sha256(exported[kind].read_bytes()).hexdigest() == described.sha256
    assert (card.version, card.input_side_px) == ("7", SIDE)
    assert card.precisions.keys() == {"litert", "litert_int8"}
    assert card.figures[GENERATED].auc == Figure(1, (1, 1))
    assert card.policies


def test_real_captures_help_choose_the_threshold(exported: dict[str, Path], data_set: Path) -> None:
    crops, weights = read_crops(data_set), exported["litert"].read_bytes()
    real = [
        ForgedCrop(crop, species, document)
        for crop, species, document in zip(crops.crops, crops.species, crops.documents, strict=True)
    ]
    of_real, of_crops = Validation.of_real(weights, real), Validation.of_crops(weights, crops)
    np.testing.assert_array_equal(of_real.logits.scores, of_crops.logits.scores)
    np.testing.assert_array_equal(of_real.logits.labels, crops.labels)
    assert of_real.logits.masks is None


def test_forging_captures_needs_donors(tmp_path: Path) -> None:
    words = ["export", "--network", "n", "--validation", "v", "--out", str(tmp_path), "--version", "1", "--real", "r"]
    refused = CliRunner().invoke(app, words)
    assert (refused.exit_code, "--donors" in refused.stderr) == (Exit.USAGE, True)


def test_float_exports_agree(exported: dict[str, Path]) -> None:
    import keras

    assert set(exported) == {"litert", "litert_int8", "keras"}
    crop = np.random.default_rng(2).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    (logit,) = answers_of(exported["litert"].read_bytes(), [crop]).logits
    again = keras.saving.load_model(exported["keras"], safe_mode=True)
    assert again.predict(crop[None].astype(np.float32), verbose=0)["logit"].item() == pytest.approx(logit, abs=1e-3)


def test_degraded_network_is_refused(network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from img_super.lab.shipping import export

    monkeypatch.setattr(export, "to_litert", lambda _: b"")
    monkeypatch.setattr(export, "largest_score_difference", lambda *_: 0.5)
    with pytest.raises(export.ExportFailed, match="differ"):
        export.export_network(network, tmp_path)
    assert not list(tmp_path.iterdir())


def test_int8_takes_bytes_and_ranks_like_float(exported: dict[str, Path], data_set: Path) -> None:
    floats, integers = (exported[kind].read_bytes() for kind in ("litert", "litert_int8"))
    (details,) = Interpreter(model_content=integers).get_signature_runner().get_input_details().values()
    assert details["dtype"] == np.uint8
    assert len(integers) < len(floats) / 2
    crops = read_crops(data_set).crops
    exact, rounded = answers_of(floats, crops), answers_of(integers, crops)
    assert np.corrcoef(exact.logits, rounded.logits)[0, 1] > 0.9
    assert np.abs(exact.heat_maps - rounded.heat_maps).mean() < 0.05


def test_network_without_a_heat_map_can_be_exported(tmp_path: Path) -> None:
    import keras

    from img_super.lab.shipping import export

    crop = keras.Input((SIDE, SIDE, 3), name="crop")
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(crop))
    files = export.export_network(keras.Model(crop, {"logit": keras.layers.Dense(1)(features)}), tmp_path)
    assert set(files) == {"litert", "keras"}
    answers = answers_of((tmp_path / files["litert"].name).read_bytes(), np.zeros((2, SIDE, SIDE, 3), np.uint8))
    assert answers.logits.shape == (2,)
    assert not answers.heat_maps.size
