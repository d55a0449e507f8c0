from __future__ import annotations

import msgspec
import pytest

from img_super.domain import Box, Detection, Face, Verdict
from img_super.errors import BadModel, FaceTooSmall, NoFace, NotAnImage, TooManyPixels
from img_super.model_card import Policy, PolicyName
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.pipeline import Pipeline
from tests.conftest import FakeDetector, FakeValidator


def test_face_returns_the_detection(pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes) -> None:
    assert pipeline.face(photo_bytes) == detector.answer
    assert detector.seen[0].shape == (120, 200, 3)


def test_super_runs_every_stage(pipeline: Pipeline, validator: FakeValidator, photo_bytes: bytes) -> None:
    result = pipeline.super(photo_bytes)
    assert validator.seen[0].shape == (64, 64, 3)
    assert result.decision.score == 0.75
    assert result.decision.verdict is Verdict.ATTACK
    assert result.decision.superimposed
    assert result.detection.portrait.box == Box(40, 30, 100, 110)
    assert result.model == validator.identity
    assert [warning.code for warning in result.quality] == ["small_portrait", "cut_off"]


def test_no_face(pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes) -> None:
    detector.answer = None
    with pytest.raises(NoFace):
        pipeline.face(photo_bytes)
    with pytest.raises(NoFace):
        pipeline.super(photo_bytes)


def test_small_face_is_found_but_not_judged(pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes) -> None:
    detector.answer = Detection(Face(Box(50, 50, 70, 90), 0.9), (), 0)
    assert pipeline.face(photo_bytes).portrait.box.width == 20
    with pytest.raises(FaceTooSmall, match="20 pixels"):
        pipeline.super(photo_bytes)


def test_limits_and_types_match_decode(detector: FakeDetector, validator: FakeValidator, photo_bytes: bytes) -> None:
    with pytest.raises(TooManyPixels):
        Pipeline(detector, validator, limits=DecodeLimits(10_000)).face(photo_bytes)
    with pytest.raises(NotAnImage):
        Pipeline(detector, validator).super(b"hello")


@pytest.mark.parametrize(
    ("has_more", "small", "told"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_reports_documents_not_judged(
    pipeline: Pipeline, detector: FakeDetector, photo_bytes: bytes, has_more: bool, small: bool, told: bool
) -> None:
    second = Detection(Face(Box(110, 30, 120 if small else 170, 110), 0.9), (), 0)
    detector.answer = Detection(Face(Box(40, 30, 100, 110), 0.9), (), 0, elsewhere=(second,), has_more=has_more)
    documents = pipeline.super(photo_bytes).documents
    assert len(documents) == (1 if small else 2)
    warned = ["unjudged_documents" in [warning.code for warning in document.quality] for document in documents]
    assert warned == [told] * len(documents)


@pytest.mark.parametrize(("policy", "superimposed"), [(PolicyName.STRICT, True), (PolicyName.LENIENT, False)])
def test_chosen_policy_decides(
    detector: FakeDetector, validator: FakeValidator, photo_bytes: bytes, policy: PolicyName, superimposed: bool
) -> None:
    choices = {PolicyName.STRICT: Policy(0.5, (0.3, 0.6)), PolicyName.LENIENT: Policy(0.8, (0.7, 0.9))}
    validator.card = msgspec.structs.replace(validator.card, policies=choices)
    decision = Pipeline(detector, validator, policy=policy).super(photo_bytes).decision
    assert decision.superimposed is superimposed
    assert (decision.score, decision.threshold) == (0.75, choices[policy].threshold)
    assert (decision.verdict is Verdict.UNDETERMINED) is not superimposed


def test_policy_missing_from_the_card_prevents_the_start(detector: FakeDetector, validator: FakeValidator) -> None:
    with pytest.raises(BadModel, match="no policy lenient"):
        Pipeline(detector, validator, policy=PolicyName.LENIENT)


def test_another_network_can_score_the_same_look(
    pipeline: Pipeline, validator: FakeValidator, photo_bytes: bytes
) -> None:
    look = pipeline.look(photo_bytes)
    assert (validator.seen, look.network_input.shape) == ([], (64, 64, 3))
    other = FakeValidator(msgspec.structs.replace(validator.card, input_side_px=32))
    assert pipeline.with_validator(other).judge(look).detection is look.detection
    assert other.seen[0].shape == (32, 32, 3)
    assert pipeline.judge(look).decision == pipeline.super(photo_bytes).decision
