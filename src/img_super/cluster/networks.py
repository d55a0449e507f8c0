"""Detector and validator in separate processes, and their proxies in the service's pipeline.

Sent as arrays: the overview for detection and the crop to be scored, through Ray's object store, which processes on the
same node read without copying. The photo's file never leaves the ingress.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import cv2
import numpy as np
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from img_super.detector.yunet import YuNetDetector
from img_super.domain import Detection, Detector, Evidence, ModelIdentity, RgbImage
from img_super.errors import DeadlinePassed, Overloaded
from img_super.model_card import ModelCard
from img_super.pipeline.load import load_quick_detector, load_validator
from img_super.settings import load_settings

T = TypeVar("T")

TRIES: Final = 3
"""If a network's process or node dies, another one is asked: they all answer alike."""


class OneThread:
    """Runs jobs one at a time, off the event loop: one core, one interpreter."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._thread = ThreadPoolExecutor(1)

    async def do(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)


class DetectorReplica:
    """The detectors of the settings, as a deployment."""

    def __init__(self) -> None:
        """Raises `StartError`; the deployment does not come up then."""
        self._thread = OneThread()
        self._precise = YuNetDetector()
        self._quick: Detector = load_quick_detector(self._precise, load_settings().detector)

    async def identities(self) -> tuple[ModelIdentity, ModelIdentity]:
        """Of the precise detector and of the one for `/super`, which may be the same."""
        return self._precise.identity, self._quick.identity

    async def detect(self, image: RgbImage, quick: bool) -> Detection | None:
        detector = self._quick if quick else self._precise
        return await self._thread.do(detector.detect, image)


class ValidatorReplica:
    """The validator of the settings, as a deployment."""

    def __init__(self) -> None:
        """Raises `StartError`; the deployment does not come up then."""
        self._thread = OneThread()
        settings = load_settings()
        self._validator = load_validator(settings.model, settings.backend)
        side_px = self._validator.card.input_side_px
        self._validator.validate(np.zeros((side_px, side_px, 3), np.uint8))  # the first run takes longer

    async def card(self) -> tuple[ModelCard, ModelIdentity]:
        return self._validator.card, self._validator.identity

    async def validate(self, crop: RgbImage, model_sha256: str) -> Evidence | None:
        """None when this replica has another model than the one whose threshold will be applied."""
        if model_sha256 != self._validator.identity.sha256:
            return None
        return await self._thread.do(self._validator.validate, crop)


class RemoteDetector:
    """A detector in another process; for threads without an event loop."""

    def __init__(
        self, replicas: DeploymentHandle[Any], identity: ModelIdentity, quick: bool, patience_s: float
    ) -> None:
        self.identity = identity
        self._ask = replicas.detect
        self._quick, self._patience_s = quick, patience_s

    def detect(self, image: RgbImage) -> Detection | None:
        """Raises `ServiceError` when no process answers in time."""
        reply: Detection | None = asked_until_answered(lambda: self._ask.remote(image, self._quick), self._patience_s)
        return reply


class RemoteValidator:
    """A validator in another process; for threads without an event loop."""

    def __init__(
        self, replicas: DeploymentHandle[Any], card: ModelCard, identity: ModelIdentity, patience_s: float
    ) -> None:
        self.card = card
        self.identity = identity
        self._ask = replicas.validate
        self._patience_s = patience_s

    def validate(self, crop: RgbImage) -> Evidence:
        """Raises `ServiceError` when no process answers in time, or only ones with another model."""
        sha256 = self.identity.sha256
        evidence: Evidence | None = asked_until_answered(lambda: self._ask.remote(crop, sha256), self._patience_s)
        if evidence is None:
            raise Overloaded("The model is being replaced. Send the photo again after `Retry-After` seconds.", 1)
        return evidence


def asked_until_answered(ask: Callable[[], Any], patience_s: float) -> Any:
    """A deployment's answer; retried when the process that had the request has died.

    Raises `DeadlinePassed`: no answer within `patience_s`; `Overloaded`: its queue is full, it is unavailable, or
    processes died `TRIES` times.
    """
    for _ in range(TRIES):
        try:
            return ask().result(timeout_s=patience_s)
        except TimeoutError as error:
            raise DeadlinePassed() from error
        except (BackPressureError, DeploymentUnavailableError) as error:
            raise Overloaded(retry_after_s=1) from error
        except RayActorError:
            continue
    raise Overloaded("The processes that judge photos died at this one.", retry_after_s=1)
