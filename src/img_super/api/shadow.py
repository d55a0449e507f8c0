"""A second model judges the same crops; its answers are only compared.

It runs in its own thread after the answer is known; crops that arrive while it is busy are skipped and counted. No crop
is stored; only counts are reported.
"""

import logging
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import Final

from img_super.api.metrics import Metrics
from img_super.domain import ModelIdentity
from img_super.pipeline.pipeline import Look, Pipeline, SuperResult

_WAITING: Final = 4
_CLOSE_S: Final = 1

_log = logging.getLogger("img_super")


class Shadow:
    """Compares the shadow's decisions with those returned."""

    def __init__(self, pipeline: Pipeline, metrics: Metrics) -> None:
        """`pipeline` is the service's own before the second model."""
        self.identity: ModelIdentity = pipeline.validator.identity
        self._pipeline, self._metrics = pipeline, metrics
        self._waiting: Queue[tuple[Look, SuperResult] | None] = Queue(_WAITING)
        self._thread = Thread(target=self._work, name="img_super-shadow", daemon=True)
        self._thread.start()

    def compare(self, look: Look, answered: SuperResult) -> None:
        """Queue the same crops for the shadow. Never blocks."""
        try:
            self._waiting.put_nowait((look, answered))
        except Full:
            self._metrics.shadow_skipped()

    def close(self) -> None:
        """Finish queued work, but not for long."""
        with suppress(Full):
            self._waiting.put(None, timeout=_CLOSE_S)
        self._thread.join(_CLOSE_S)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            try:
                self._compare_documents(*job)
            except Exception as error:  # noqa: BLE001 the shadow must never harm the service
                _log.error("The shadow model failed (%s).", type(error).__name__)

    def _compare_documents(self, look: Look, answered: SuperResult) -> None:
        """Document by document: the shadow may rank another one as the most suspicious."""
        shadow = {document.crop: document.decision for document in self._pipeline.judge(look).documents}
        for document in answered.documents:
            self._metrics.shadowed(document.decision, shadow[document.crop])
