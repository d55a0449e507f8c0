"""Both real networks together, on both back-ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from img_super.domain import ROTATIONS, Rotation
from img_super.errors import BadModel
from img_super.model_card import ModelCard, read_card, read_weights
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import SHIPPED_MODEL, Backend, load_pipeline
from img_super.pipeline.pipeline import Pipeline
from img_super.turn import turn
from img_super.validator.litert import LiteRtValidator
from tests.conftest import SAMPLES, encode

MAX_SCORE_DIFFERENCE = 1e-3


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_pipeline()


@pytest.fixture(scope="module")
def floats() -> Pipeline:
    return load_pipeline(backend=Backend.LITERT_FP32)


@pytest.fixture(scope="module")
def tensorflow() -> Pipeline:
    return load_pipeline(backend=Backend.TENSORFLOW)


@pytest.fixture(scope="module")
def shipped() -> ModelCard:
    return read_card(SHIPPED_MODEL)


def test_samples_get_their_verdicts(pipeline: Pipeline) -> None:
    genuine = pipeline.super((SAMPLES / "bona_fide.jpg").read_bytes())
    attack = pipeline.super((SAMPLES / "attack.jpg").read_bytes())
    assert not genuine.decision.superimposed
    assert attack.decision.superimposed
    assert genuine.evidence.heat_map.ndim == 2
    assert 0 <= genuine.evidence.heat_map.min() <= genuine.evidence.heat_map.max() <= 1


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotation_hardly_changes_the_score(pipeline: Pipeline, bona_fide_bytes: bytes, rotation: Rotation) -> None:
    turned = encode(turn(decode_image(bona_fide_bytes), rotation))
    difference = pipeline.super(turned).decision.score - pipeline.super(bona_fide_bytes).decision.score
    assert abs(difference) < 0.2  # the face box moves by a pixel or two


def test_is_thread_safe(pipeline: Pipeline) -> None:
    photos = [path.read_bytes() for path in sorted(SAMPLES.glob("*.jpg"))]
    alone = [pipeline.super(photo).decision for photo in photos]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(lambda photo: pipeline.super(photo).decision, photos * 5))
    assert together == alone * 5


def test_backends_give_equal_scores(floats: Pipeline, tensorflow: Pipeline, shipped: ModelCard) -> None:
    assert isinstance(floats.validator, LiteRtValidator)
    side = shipped.input_side_px
    for crop in np.random.default_rng(2).integers(0, 256, (6, side, side, 3), dtype=np.uint8):
        one, other = floats.validator.validate(crop), tensorflow.validator.validate(crop)
        assert abs(one.score - other.score) <= MAX_SCORE_DIFFERENCE
        assert np.abs(one.heat_map - other.heat_map).max() < 0.01


def test_tensorflow_backend_is_chosen_by_name(bona_fide_bytes: bytes, floats: Pipeline, tensorflow: Pipeline) -> None:
    from img_super.validator.tensorflow import TensorFlowValidator

    assert isinstance(tensorflow.validator, TensorFlowValidator)
    difference = tensorflow.super(bona_fide_bytes).decision.score - floats.super(bona_fide_bytes).decision.score
    assert abs(difference) <= MAX_SCORE_DIFFERENCE


def test_int8_agrees_with_float_or_is_refused(shipped: ModelCard, floats: Pipeline, bona_fide_bytes: bytes) -> None:
    if "litert_int8" not in shipped.files:
        with pytest.raises(BadModel, match="no weights for litert_int8"):
            load_pipeline(backend=Backend.LITERT_INT8)
        return
    integers = load_pipeline(backend=Backend.LITERT_INT8)
    assert integers.validator.identity.sha256 == shipped.files["litert_int8"].sha256
    difference = integers.super(bona_fide_bytes).decision.score - floats.super(bona_fide_bytes).decision.score
    assert abs(difference) < 0.15


def test_served_precision_loses_at_most_half_a_point_of_auc(shipped: ModelCard) -> None:
    assert shipped.serves in shipped.files
    assert (shipped.precisions[shipped.serves].auc_loss or 0) <= 0.005


def test_tensorflow_backend_needs_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("img_super.pipeline.load.find_spec", lambda _: None)
    with pytest.raises(BadModel, match="not installed"):
        load_pipeline(backend=Backend.TENSORFLOW)


@pytest.mark.parametrize("weights", [b"", b"no model", b"TFL3" * 40])
def test_invalid_weights_are_refused(shipped: ModelCard, weights: bytes) -> None:
    from img_super.validator.tensorflow import TensorFlowValidator

    with pytest.raises(BadModel):
        LiteRtValidator(weights, shipped)
    with pytest.raises(BadModel):
        TensorFlowValidator(weights, shipped)


def test_network_must_match_the_size_in_its_card(shipped: ModelCard) -> None:
    other = msgspec.structs.replace(shipped, input_side_px=shipped.input_side_px + 32)
    with pytest.raises(BadModel, match="its card says"):
        LiteRtValidator(read_weights(SHIPPED_MODEL, shipped, "litert"), other)


def test_shipped_models_are_small() -> None:
    shipped_bytes = sum(file.stat().st_size for file in Path(SHIPPED_MODEL.parent).rglob("*") if file.is_file())
    assert shipped_bytes < 40e6
