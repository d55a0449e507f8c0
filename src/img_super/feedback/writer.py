"""Writes judgements in the background: no answer waits for the database or fails with it."""

import logging
import time
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Final

from img_super.errors import BadStore
from img_super.feedback.store import Judgement, Store

_WAITING: Final = 10_000
_AT_ONCE: Final = 500
_FORGET_EVERY_S: Final = 3600
_CLOSE_S: Final = 5
_DAY_S: Final = 86_400

_log = logging.getLogger("img_super")


class Writer:
    """One thread in front of the store."""

    def __init__(self, store: Store, keep_days: int) -> None:
        self._store, self._keep_s = store, keep_days * _DAY_S
        self._waiting: Queue[Judgement | Event | None] = Queue(_WAITING)
        self._forgotten_s = float("-inf")
        self._thread = Thread(target=self._work, name="img_super-feedback", daemon=True)
        self._thread.start()

    def write(self, judgement: Judgement) -> None:
        """Never blocks; when the database is too slow, the judgement is dropped and the log says so."""
        try:
            self._waiting.put_nowait(judgement)
        except Full:
            _log.error("A judgement was not stored: the feedback database is too slow.")

    def flush(self, timeout_s: float = 10) -> None:
        """Wait until everything queued so far is written. Raises `BadStore`: that takes too long."""
        written = Event()
        try:
            self._waiting.put(written, timeout=timeout_s)
        except Full:
            pass
        else:
            if written.wait(timeout_s):
                return
        raise BadStore("The feedback database is too slow.")

    def close(self) -> None:
        """Write what is queued and stop, but not wait long for a database that does not respond."""
        with suppress(Full):
            self._waiting.put(None, timeout=_CLOSE_S)
        self._thread.join(_CLOSE_S)
        if self._thread.is_alive():
            _log.error("Judgements were not stored: the feedback database did not respond.")
        self._store.close()

    def _work(self) -> None:
        ended = False
        while not ended:
            batch = [self._waiting.get(), *self._more()]
            ended = None in batch
            self._keep([entry for entry in batch if isinstance(entry, Judgement)])
            for entry in batch:
                if isinstance(entry, Event):
                    entry.set()

    def _more(self) -> list[Judgement | Event | None]:
        entries: list[Judgement | Event | None] = []
        try:
            while len(entries) < _AT_ONCE:
                entries.append(self._waiting.get_nowait())
        except Empty:
            return entries
        return entries

    def _keep(self, judgements: list[Judgement]) -> None:
        try:
            if judgements:
                self._store.add(judgements)
            now_s = time.time()
            if now_s - self._forgotten_s > _FORGET_EVERY_S:
                self._store.forget_before(now_s - self._keep_s)
                self._forgotten_s = now_s
        except BadStore as error:
            _log.error("%d judgements were not stored: %s", len(judgements), error)
