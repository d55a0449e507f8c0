"""What was answered, by its numbers, and what callers say was true: only where the operator keeps it.

The room `feedback` and its packages are imported when it is switched on; a service that keeps nothing never sees them.
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
        """Remember an answer under a name that cannot be guessed, and return it. Never waits, never fails."""
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
        """What was answered to a request that is known now to have been this; None when its owner had none so named.

        Raises `BadStore`: the database does not answer.
        """
        self._writer.flush()
        return self._store.label(owner, name, label, time.time())

    def close(self) -> None:
        """Write what waits."""
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
