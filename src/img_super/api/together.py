"""Several workers switch models at the same moment, so that no two answer with different ones.

They coordinate through small files in a folder. The worker that is asked proposes a model; each worker loads and tests
it and reports; when all are ready, a moment is set at which all switch. A worker that starts later loads what the
others serve, not what has been promoted since.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from img_super.durable import replace_durably
from img_super.errors import BadModel, ImgSuperError

_PROPOSAL: Final = "proposal.json"
_SERVED: Final = "served"
_LOOK_EVERY_S: Final = 0.05
_SWITCH_AFTER_S: Final = 0.5
"""By then every worker has seen the proposal, even on a busy machine."""

_PATIENCE_S: Final = 60
"""If a worker has not loaded the model by then, none switches."""

Switch: TypeAlias = Callable[[], None]
Prepare: TypeAlias = Callable[[Path], Awaitable[Switch]]
"""Loads and tests the model in a folder; returns a function that switches to it. Raises `ImgSuperError`."""


class Step(StrEnum):
    """The state of a proposal."""

    PREPARE = "prepare"
    SWITCH = "switch"
    DROP = "drop"


class Proposal(msgspec.Struct, frozen=True):
    """A model to switch to; `at_s` is when, on the monotonic clock that all processes share."""

    number: int
    model: str
    step: Step
    at_s: float = 0.0


class Together:
    """One worker's side of the protocol."""

    def __init__(self, folder: Path, process: int | None = None) -> None:
        """Create this before the model is loaded, so that no proposal is missed."""
        self._folder = folder
        self._process = process or os.getpid()
        self._seen = self.proposal.number - (self.proposal.step is Step.PREPARE)
        self._ready: Switch | None = None
        self._switching = asyncio.Lock()
        """The worker that was asked answers only after the switch, even if its background task does it."""

    @classmethod
    def found(cls, folder: str | None) -> "Together | None":
        """None if there are no other workers."""
        return cls(Path(folder)) if folder and Path(folder, _PROPOSAL).exists() else None

    @staticmethod
    def begin(folder: Path, model: Path) -> None:
        """Prepare the folder for workers that serve this model."""
        replace_durably(folder / _SERVED, str(model).encode())
        replace_durably(folder / _PROPOSAL, msgspec.json.encode(Proposal(0, str(model), Step.SWITCH)))

    @property
    def proposal(self) -> Proposal:
        """The latest proposal."""
        return msgspec.json.decode((self._folder / _PROPOSAL).read_bytes(), type=Proposal)

    @property
    def served(self) -> Path:
        """The folder of the model that the workers serve."""
        return Path((self._folder / _SERVED).read_text())

    def join(self) -> None:
        """Register this worker: from now on it takes part."""
        (self._folder / f"{self._process}.worker").touch()

    def leave(self) -> None:
        """Unregister this worker."""
        (self._folder / f"{self._process}.worker").unlink(missing_ok=True)

    async def take_part(self, prepare: Prepare) -> None:
        """Follow the others' proposals until this task is cancelled."""
        while True:
            proposal = self.proposal
            if proposal.number > self._seen and proposal.step is not Step.DROP:
                self._seen = proposal.number
                await self._say_whether_ready(proposal, prepare)
            if proposal.number == self._seen and proposal.step is not Step.PREPARE:
                await self._do(proposal)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def change(self, model: Path, prepare: Prepare) -> None:
        """Switch all workers to another model; when this returns, they have.

        Raises `ImgSuperError`: one of them cannot, and none switches.
        """
        with self._alone():
            self._ready = await prepare(model)
            self._seen = number = self.proposal.number + 1
            self._propose(Proposal(number, str(model), Step.PREPARE))
            try:
                await self._until_all_are_ready(number)
            except BaseException:
                self._propose(Proposal(number, str(model), Step.DROP))
                self._ready = None
                raise
            replace_durably(self._folder / _SERVED, str(model).encode())
            self._propose(Proposal(number, str(model), Step.SWITCH, time.monotonic() + _SWITCH_AFTER_S))
            await asyncio.shield(self._do(self.proposal))  # the others switch even if the caller is gone

    async def _say_whether_ready(self, proposal: Proposal, prepare: Prepare) -> None:
        refusal = b""
        try:
            self._ready = await prepare(Path(proposal.model))
        except (ImgSuperError, OSError) as error:
            refusal = str(error).encode()
        replace_durably(self._folder / f"{proposal.number}.{self._process}", refusal)

    async def _do(self, proposal: Proposal) -> None:
        async with self._switching:
            ready, self._ready = self._ready, None
            if ready is not None and proposal.step is Step.SWITCH:
                await asyncio.sleep(max(0.0, proposal.at_s - time.monotonic()))
                ready()

    async def _until_all_are_ready(self, number: int) -> None:
        end_s = time.monotonic() + _PATIENCE_S
        while waited_for := self._silent(number):
            if time.monotonic() > end_s:
                raise BadModel(f"{len(waited_for)} of the workers did not load the model in time.")
            await asyncio.sleep(_LOOK_EVERY_S)

    def _silent(self, number: int) -> list[int]:
        """The other workers that have not reported yet. Raises `BadModel` when one has refused."""
        silent = []
        for process in living(self._folder):
            answer = self._folder / f"{number}.{process}"
            if process != self._process and not answer.exists():
                silent.append(process)
            elif process != self._process and (refusal := answer.read_text()):
                raise BadModel(refusal)
        return silent

    def _propose(self, proposal: Proposal) -> None:
        replace_durably(self._folder / _PROPOSAL, msgspec.json.encode(proposal))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BadModel("Another worker is changing the model now; try again.") from error
            yield


def living(folder: Path) -> list[int]:
    """The registered workers that are alive."""
    return [process for file in folder.glob("*.worker") if _lives(process := int(file.stem))]


def _lives(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False
