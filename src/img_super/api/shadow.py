"""A second model on the same crops, which answers nobody: how would it judge what comes here?

It works in one thread of its own, after the answer has been found; what comes while it is busy is let go and counted.
No crop is kept, and what is told are counts.
"""

from __future__ import annotations

import logging
from queue import Full, Queue
from threading import Thread
from typing import Final

from img_super.api.metrics import Metrics
from img_super.domain import Decision, Evidence, ModelIdentity, RgbImage
from img_super.model_card import ModelCard, Policy, PolicyName
from img_super.pipeline.crop import resize_to_input
from img_super.pipeline.decide import decide
from img_super.pipeline.pipeline import Validator

_WAITING: Final = 4

_log = logging.getLogger("img_super")


class Shadow:
    """Compares the shadow's decisions with those that were answered."""

    def __init__(self, validator: Validator, policy: PolicyName, metrics: Metrics) -> None:
        """Raises `BadModel` when the shadow's card has no such policy."""
        self.identity: ModelIdentity = validator.identity
        self._validator, self._policy, self._metrics = validator, validator.card.policy(policy), metrics
        self._waiting: Queue[tuple[RgbImage, Decision] | None] = Queue(_WAITING)
        self._thread = Thread(target=self._work, name="img_super-shadow", daemon=True)
        self._thread.start()

    def look(self, crop: RgbImage, answered: Decision) -> None:
        """Never waits."""
        try:
            self._waiting.put_nowait((crop, answered))
        except Full:
            self._metrics.shadow_skipped()

    def close(self) -> None:
        """Finish what waits."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            try:
                self._compare(*given)
            except Exception as error:  # noqa: BLE001 the shadow must never harm the service
                _log.error("The shadow model failed (%s).", type(error).__name__)

    def _compare(self, crop: RgbImage, answered: Decision) -> None:
        side_px = self._validator.card.input_side_px
        seen = crop if crop.shape[0] == side_px else resize_to_input(crop, side_px)
        score = self._validator.validate(seen).score
        self._metrics.shadowed(answered, decide(score, self._policy.threshold, self._policy.undetermined))


class ShadowedValidator:
    """A validator that shows the shadow every crop that it has judged itself."""

    def __init__(self, validator: Validator, policy: Policy, shadow: Shadow) -> None:
        self.card: ModelCard = validator.card
        self.identity: ModelIdentity = validator.identity
        self._validator, self._policy, self._shadow = validator, policy, shadow

    def validate(self, crop: RgbImage) -> Evidence:
        evidence = self._validator.validate(crop)
        decision = decide(evidence.score, self._policy.threshold, self._policy.undetermined)
        self._shadow.look(crop, decision)
        return evidence
