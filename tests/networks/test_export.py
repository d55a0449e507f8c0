from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from img_super.lab.evaluation.answers import answers_of

if TYPE_CHECKING:
    import keras

SIDE = 32
CROPS = np.random.default_rng(3).integers(0, 256, (24, 4, 4, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Small: conversions take as long as a network is deep. The tutorial, an integration test, exports a whole one."""
    import keras

    keras.utils.set_random_seed(1)
    crop = keras.Input((SIDE, SIDE, 3), name="crop")
    seen = keras.layers.Conv2D(32, 3, 2, "same", activation="relu")(keras.layers.Rescaling(1 / 127.5, -1)(crop))
    features = keras.layers.Conv2D(64, 3, 2, "same", activation="relu")(seen)
    heat_map = keras.layers.Conv2D(1, 1, activation="sigmoid", name="heat_map")(features)
    logit = keras.layers.Dense(1, name="logit")(keras.layers.GlobalAveragePooling2D()(features))
    return keras.Model(crop, {"logit": logit, "heat_map": heat_map})


@pytest.fixture(scope="module")
def exported(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All three files, once: each conversion takes a while."""
    from img_super.lab.shipping import export

    folder = tmp_path_factory.mktemp("exported")
    files = export.export_network(network, folder, CROPS[:16])
    for described in files.values():
        assert sha256((folder / described.name).read_bytes()).hexdigest() == described.sha256
    return {kind: folder / described.name for kind, described in files.items()}


def test_both_files_of_floats_answer_the_same(exported: dict[str, Path]) -> None:
    import keras

    assert set(exported) == {"litert", "litert_int8", "keras"}
    crop = np.random.default_rng(2).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    (logit,) = answers_of(exported["litert"].read_bytes(), [crop]).logits
    again = keras.saving.load_model(exported["keras"], safe_mode=True)
    assert again.predict(crop[None].astype(np.float32), verbose=0)["logit"].item() == pytest.approx(logit, abs=1e-3)


def test_a_network_that_lost_its_answers_is_refused(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from img_super.lab.shipping import export

    monkeypatch.setattr(export, "to_litert", lambda _: b"")
    monkeypatch.setattr(export, "largest_score_difference", lambda *_: 0.5)
    with pytest.raises(export.ExportFailed, match="differ"):
        export.export_network(network, tmp_path)
    assert not list(tmp_path.iterdir())


def test_integer_weights_take_the_crops_bytes_and_rank_as_the_floats_do(exported: dict[str, Path]) -> None:
    floats, integers = (exported[kind].read_bytes() for kind in ("litert", "litert_int8"))
    (details,) = Interpreter(model_content=integers).get_signature_runner().get_input_details().values()
    assert details["dtype"] == np.uint8
    assert len(integers) < len(floats) / 2
    exact, rounded = answers_of(floats, CROPS), answers_of(integers, CROPS)
    assert np.corrcoef(exact.logits, rounded.logits)[0, 1] > 0.9
    assert np.abs(exact.heat_maps - rounded.heat_maps).mean() < 0.05


def test_a_network_without_a_heat_map_is_exported_to_be_compared(tmp_path: Path) -> None:
    import keras

    from img_super.lab.shipping import export

    crop = keras.Input((SIDE, SIDE, 3), name="crop")
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(crop))
    files = export.export_network(keras.Model(crop, {"logit": keras.layers.Dense(1)(features)}), tmp_path)
    assert set(files) == {"litert", "keras"}
    answers = answers_of((tmp_path / files["litert"].name).read_bytes(), np.zeros((2, SIDE, SIDE, 3), np.uint8))
    assert answers.logits.shape == (2,)
    assert not answers.heat_maps.size
