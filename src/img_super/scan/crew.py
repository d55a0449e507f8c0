"""One process per core. Photos go out one by one, rows come back as they are done; a process that dies is replaced.

Every worker gets a few photos in advance, which its threads read while it judges, so that it never waits for disk or
network. Photos in flight, and thus memory, are bounded: `AHEAD` per worker.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias

import cv2

from img_super.native_stderr import loaded_quietly
from img_super.pipeline.load import PipelineOptions
from img_super.pipeline.pipeline import Pipeline
from img_super.scan.errors import ScanError, WorkerDied
from img_super.scan.judge import Judged, judge
from img_super.scan.rows import unanswered
from img_super.sources.errors import MAX_FILE_BYTES
from img_super.sources.found import Failed, Found, Given, InFile, InZip, Reader, Storage

Waiting: TypeAlias = "SimpleQueue[tuple[str, Future[bytes]] | None]"
"""Photos that a process was given, by name; at the end None."""

AHEAD: Final = 8
_READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class Work:
    """How photos are judged.

    `max_file_bytes`: larger files are not read; `storage`: options for the file systems of URLs; `thumbnails`: whether
    to keep small pictures of suspicious portraits.
    """

    options: PipelineOptions = field(default_factory=PipelineOptions)
    max_file_bytes: int = MAX_FILE_BYTES
    storage: Storage = field(default_factory=dict)
    thumbnails: bool = False

    def load_pipeline(self) -> Pipeline:
        """Raises `BadModel`."""
        return loaded_quietly(self.options.load)


class Crew:
    """Judges photos in several processes; a context manager, which stops them."""

    def __init__(self, work: Work, processes: int) -> None:
        self._work = work
        self._suspects: set[str] = set()
        self._again: deque[Found] = deque()
        self._workers = [_Worker(work) for _ in range(processes)]

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def judge(self, photos: Iterator[Found]) -> Iterator[Judged]:
        """A row for every photo, in the order in which they are done.

        Raises `ScanError`: the processes do not start.
        """
        while True:
            yield from self._hand_out(photos)
            busy = [worker for worker in self._workers if worker.given]
            if not busy:
                return
            ready = wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe in ready:
                    yield from self._take(worker)

    def _hand_out(self, photos: Iterator[Found]) -> Iterator[Judged]:
        """Fill the emptiest worker until all are full. Failures of the search need no worker."""
        while len((worker := min(self._workers, key=lambda worker: len(worker.given))).given) < AHEAD:
            photo = self._again.popleft() if self._again else next(photos, None)
            match photo:
                case None:
                    return
                case Failed():
                    yield Judged(unanswered(photo.name, photo.code, photo.detail))
                case _:
                    worker.give(photo)

    def _take(self, worker: _Worker) -> Iterator[Judged]:
        try:
            row = worker.take()
        except (EOFError, OSError):
            yield from self._replace(worker)
            return
        if row is not None:
            yield row

    def _replace(self, dead: _Worker) -> Iterator[Judged]:
        """Start another worker. The photo that the dead one was judging is tried once more, then blamed."""
        if not dead.ready:
            raise ScanError("A process of the scan could not start; `img-super doctor` tells what is missing.")
        dead.end()
        self._workers[self._workers.index(dead)] = _Worker(self._work)
        suspect, *waiting = dead.given
        if suspect.name in self._suspects:
            yield Judged(unanswered(suspect.name, WorkerDied.code, WorkerDied.advice))
        else:
            self._suspects.add(suspect.name)
            self._again.append(suspect)
        self._again.extend(waiting)


class _Worker:
    """A process, the pipe to it, and the photos it has not answered yet, in order."""

    def __init__(self, work: Work) -> None:
        # Spawned, not forked: the parent has threads (progress bar, file systems), and a fork would copy their locks.
        context = get_context("spawn")
        self.pipe, child_pipe = context.Pipe()
        self.process: BaseProcess = context.Process(target=_run, args=(child_pipe, work), daemon=True)
        with _interrupts_held():
            self.process.start()
        child_pipe.close()  # so that the pipe closes with the process
        self.ready = False
        self.given: deque[InFile | InZip | Given] = deque()

    def give(self, photo: InFile | InZip | Given) -> None:
        self.given.append(photo)
        try:
            self.pipe.send(photo)
        except OSError:  # it has died; `take` will find out
            return

    def take(self) -> Judged | None:
        """The worker's next message: first that it is ready, then its rows. Raises `EOFError` when it has died."""
        message: Judged | str = self.pipe.recv()
        if isinstance(message, str):
            self.ready = True
            return None
        self.given.popleft()
        return message

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C reaches every process, but the parent decides; processes started in here never see it."""
    resource_tracker.ensure_running()  # otherwise started with the process, unblocking the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(pipe: Connection[Any, Any], work: Work) -> None:
    """A process's main function; it returns when the other end of its pipe closes, for whatever reason."""
    cv2.setNumThreads(1)
    pipeline = work.load_pipeline()
    reader = Reader(work.storage, work.max_file_bytes)
    waiting: Waiting = SimpleQueue()
    try:
        pipe.send(_READY)
        with ThreadPoolExecutor(AHEAD) as readers:
            Thread(target=_receive, args=(pipe, waiting, readers, reader), daemon=True).start()
            while (given := waiting.get()) is not None:
                name, data = given
                pipe.send(judge(pipeline, name, data.result, work.thumbnails))
    except OSError:
        return


def _receive(pipe: Connection[Any, Any], waiting: Waiting, readers: ThreadPoolExecutor, reader: Reader) -> None:
    """At all times: who gives us a photo would wait for ever while we wait until a row with a long name is taken."""
    try:
        with suppress(EOFError, OSError):
            while True:
                photo = pipe.recv()
                waiting.put((photo.name, readers.submit(reader.read, photo)))
    finally:
        waiting.put(None)
