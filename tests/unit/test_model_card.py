from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from img_super.errors import BadModel
from img_super.model_card import (
    CARD_FILE,
    Calibration,
    DetectorCard,
    ModelCard,
    Policy,
    PolicyName,
    WeightsFile,
    quality_shares,
    read_card,
    read_card_as,
    read_weights,
    write_card,
)
from img_super.pipeline.load import SHIPPED_DETECTOR, SHIPPED_MODEL


@pytest.fixture
def model(tmp_path: Path, card: ModelCard) -> Path:
    (tmp_path / "weights.tflite").write_bytes(b"weights")
    digest = sha256(b"weights").hexdigest()
    write_card(msgspec.structs.replace(card, files={"litert": WeightsFile("weights.tflite", digest)}), tmp_path)
    return tmp_path


def test_card_round_trips(model: Path, card: ModelCard) -> None:
    read = read_card(model)
    assert msgspec.structs.replace(read, files=card.files) == card
    assert read_weights(model, read, "litert") == b"weights"
    assert read.identity("litert").sha256 == sha256(b"weights").hexdigest()


@pytest.mark.parametrize(("folder", "kind"), [(SHIPPED_MODEL, ModelCard), (SHIPPED_DETECTOR, DetectorCard)])
def test_shipped_cards_round_trip(folder: Path, kind: type[ModelCard | DetectorCard], tmp_path: Path) -> None:
    write_card(read_card_as(kind, folder), tmp_path)
    assert (tmp_path / CARD_FILE).read_bytes() == (folder / CARD_FILE).read_bytes()


def test_modified_weights_are_refused(model: Path) -> None:
    (model / "weights.tflite").write_bytes(b"Weights")
    with pytest.raises(BadModel, match="sha256 differs"):
        read_weights(model, read_card(model), "litert")


def test_missing_weights_are_refused(model: Path) -> None:
    (model / "weights.tflite").unlink()
    with pytest.raises(BadModel, match="cannot be read"):
        read_weights(model, read_card(model), "litert")


def test_backend_without_weights_is_refused(model: Path) -> None:
    with pytest.raises(BadModel, match="no weights for keras"):
        read_weights(model, read_card(model), "keras")


def test_missing_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="cannot be read"):
        read_card(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 1}', "\xff"])
def test_incomplete_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadModel, match="not a valid card"):
        read_card(tmp_path)


@given(st.floats(-1e6, 1e6), st.floats(0.05, 20), st.floats(-10, 10))
def test_score_is_a_probability(logit: float, temperature: float, bias: float) -> None:
    assert 0 <= Calibration(temperature, bias).score(logit) <= 1


def test_calibration_softens_and_shifts() -> None:
    assert Calibration(1, 0).score(0) == 0.5
    assert Calibration(2, 0).score(2) == pytest.approx(0.731, abs=1e-3)
    assert Calibration(1, 1).score(0) == pytest.approx(0.731, abs=1e-3)


def test_piecewise_calibration_is_flat_beyond_its_knots() -> None:
    line = Calibration(1, 0, ((-1.0, 0.1), (1.0, 0.5), (2.0, 0.9)))
    assert [line.score(logit) for logit in (-5, -1, 0, 1, 1.5, 2, 9)] == pytest.approx(
        [0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9]
    )


def test_card_without_policies_has_only_balanced(model: Path) -> None:
    card = read_card(model)
    assert b"policies" not in (model / "card.json").read_bytes()
    assert card.policy(PolicyName.BALANCED) == Policy(card.threshold, card.undetermined)
    with pytest.raises(BadModel, match="no policy strict; it has balanced"):
        card.policy(PolicyName.STRICT)


def test_policies_round_trip(model: Path) -> None:
    policies = {name: Policy(0.5 + number / 10, (0.4, 0.9), 0.05) for number, name in enumerate(PolicyName)}
    write_card(msgspec.structs.replace(read_card(model), policies=policies, serves="litert_int8"), model)
    card = read_card(model)
    assert card.serves == "litert_int8"
    assert [card.policy(name).threshold for name in PolicyName] == [0.5, 0.6, 0.7]


def test_unknown_policy_is_refused(model: Path) -> None:
    text = (model / "card.json").read_text().rstrip().removesuffix("}")
    (model / "card.json").write_text(text + ', "policies": {"kind": {"threshold": 0.5, "undetermined": [0.1, 0.9]}}}')
    with pytest.raises(BadModel, match="not a valid card"):
        read_card(model)


def test_warning_counts_once_per_photo() -> None:
    assert quality_shares([("small", "blurred"), ("blurred", "blurred"), ()]) == {"blurred": 0.6667, "small": 0.3333}
    assert quality_shares([()]) == {}


def test_special_and_endless_files_are_not_read(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = read_card(model)
    monkeypatch.setattr("img_super.model_card._MOST_WEIGHTS_BYTES", 6)
    with pytest.raises(BadModel, match="larger than"):
        read_weights(model, card, "litert")
    for name in (CARD_FILE, "weights.tflite"):
        (model / name).unlink()
        os.mkfifo(model / name)
    with pytest.raises(BadModel, match="regular file"):
        read_weights(model, card, "litert")
    with pytest.raises(BadModel, match="regular file"):
        read_card(model)
