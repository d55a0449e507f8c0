"""Stores answers' scores, and the truth that callers report later, if the operator wants it.

The package `feedback` and its dependencies are imported only when that is switched on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from img_super.domain import Label
from img_super.errors import BadStore, how_to_install
from img_super.pipeline.pipeline import SuperResult

if TYPE_CHECKING:
    from img_super.feedback.store import Judgement, Store
    from img_super.feedback.writer import Writer


class Judgements:
    """Keeps scores, and labels for them; never a photo."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store, self._writer = store, writer

    def keep(self, owner: str, request_id: str, result: SuperResult) -> str:
        """Store an answer under an unguessable name and return the name. Never blocks, never fails."""
        from img_super.feedback.store import Judgement  # noqa: PLC0415 - only where it is switched on

        decision, model = result.decision, result.model
        quality = " ".join(warning.code for warning in result.quality)
        name = uuid4().hex
        judgement = Judgement(
            request_id, time.time(), model.name, model.version, model.sha256, round(decision.score, 6),
            decision.threshold, decision.verdict.value, quality, owner, name,
        )  # fmt: skip
        self._writer.write(judgement)
        return name

    def label(self, owner: str, name: str, label: Label) -> Judgement | None:
        """Label a request and return what was answered to it; None when its owner has no such request.

        Raises `BadStore`: the database does not answer.
        """
        self._writer.flush()
        return self._store.label(owner, name, label, time.time())

    def close(self) -> None:
        """Write what is queued."""
        self._writer.close()


def open_judgements(place: str, keep_days: int) -> Judgements:
    """Raises `BadStore` when the database cannot be opened or its packages are not installed."""
    try:
        from img_super.feedback.store import Store  # noqa: PLC0415 - only where it is switched on
        from img_super.feedback.writer import Writer  # noqa: PLC0415
    except ImportError as error:
        raise BadStore(f"Feedback needs packages that are not installed; {how_to_install('feedback')}.") from error
    store = Store(place)
    return Judgements(store, Writer(store, keep_days))
