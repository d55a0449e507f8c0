"""Proxies of networks in other processes, with fake Ray Serve handles."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError
from ray.serve.handle import DeploymentHandle

from img_super.cluster.networks import (
    TRIES,
    DetectorReplica,
    RemoteDetector,
    RemoteValidator,
    ValidatorReplica,
    asked_until_answered,
)
from img_super.domain import Evidence, RgbImage
from img_super.errors import DeadlinePassed, Overloaded, ServiceError
from img_super.model_card import ModelCard
from img_super.pipeline.decode import decode_image
from tests.conftest import FAKE_DETECTOR, FAKE_VALIDATOR, TWO_FACES

IMAGE: RgbImage = np.zeros((8, 8, 3), np.uint8)


@dataclass
class Answers:
    """A deployment's method that returns or raises the given answers in turn."""

    given: list[Any]
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def remote(self, *arguments: Any) -> Answers:
        self.asked.append(arguments)
        return self

    def result(self, timeout_s: float) -> Any:
        assert timeout_s == 3
        answer = self.given.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def handle(**methods: Answers) -> DeploymentHandle[Any]:
    return cast("DeploymentHandle[Any]", SimpleNamespace(**methods))


def test_remote_detector_is_told_which_one_to_use() -> None:
    answers = Answers([TWO_FACES, None])
    detect = handle(detect=answers)
    assert RemoteDetector(detect, FAKE_DETECTOR, quick=True, patience_s=3).detect(IMAGE) == TWO_FACES
    assert RemoteDetector(detect, FAKE_DETECTOR, quick=False, patience_s=3).detect(IMAGE) is None
    assert [quick for _, quick in answers.asked] == [True, False]


def test_calls_of_a_dead_replica_are_retried_elsewhere() -> None:
    answers = Answers([RayActorError(), RayActorError(), TWO_FACES])
    assert RemoteDetector(handle(detect=answers), FAKE_DETECTOR, quick=True, patience_s=3).detect(IMAGE) == TWO_FACES
    assert len(answers.asked) == TRIES


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ([RayActorError()] * TRIES, Overloaded),
        ([TimeoutError()], DeadlinePassed),
        ([BackPressureError(num_queued_requests=9, max_queued_requests=8)], Overloaded),
    ],
)
def test_failed_call_raises_the_service_error(given: list[Exception], kind: type[ServiceError]) -> None:
    answers = Answers(given)
    with pytest.raises(kind):
        asked_until_answered(answers.remote, 3)


def test_score_and_threshold_come_from_one_model(card: ModelCard) -> None:
    evidence = Evidence(0.7, np.zeros((2, 2), np.float32))
    answers = Answers([evidence, None])
    validator = RemoteValidator(handle(validate=answers), card, FAKE_VALIDATOR, patience_s=3)
    assert validator.validate(IMAGE) is evidence
    assert answers.asked[0][1] == FAKE_VALIDATOR.sha256
    with pytest.raises(Overloaded, match="being replaced"):
        validator.validate(IMAGE)


def test_replica_validator_answers_only_for_its_model() -> None:
    replica = ValidatorReplica()
    card, identity = asyncio.run(replica.card())
    crop = np.full((card.input_side_px, card.input_side_px, 3), 90, np.uint8)
    evidence = asyncio.run(replica.validate(crop, identity.sha256))
    assert evidence is not None
    assert 0 <= evidence.score <= 1
    assert asyncio.run(replica.validate(crop, replace(identity, sha256="0" * 64).sha256)) is None


@pytest.mark.parametrize("name", ["precise", "fast"])
def test_replica_detector_follows_the_settings(
    name: str, monkeypatch: pytest.MonkeyPatch, bona_fide_bytes: bytes
) -> None:
    monkeypatch.setenv("IMG_SUPER_DETECTOR", name)
    replica = DetectorReplica()
    precise, quick = asyncio.run(replica.identities())
    assert (precise == quick) is (name == "precise")
    image = decode_image(bona_fide_bytes)
    assert asyncio.run(replica.detect(image, True)) is not None
    assert asyncio.run(replica.detect(np.zeros((64, 64, 3), np.uint8), False)) is None
