"""A folder of versioned models, one of which serves.

    registry/
      registry.json      which version serves, which did before, and when that changed
      0.4.0/             a model: card.json and the weights that it names
      0.4.0+cal.3f2a91/

A version never changes; `registry.json` is replaced atomically.
"""

import fcntl
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from img_super.durable import flush, replace_durably
from img_super.errors import BadModel
from img_super.model_card import CARD_FILE, NOT_DECODED, ModelCard, in_a_line, read_card, read_weights
from img_super.validator.litert import LiteRtValidator

STATE_FILE: Final = "registry.json"

_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a version began to serve, and why: `created`, `promoted` or `rolled_back`."""

    at: str
    why: str
    version: str


class RegistryState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The current version, earlier ones for rollbacks (latest first), and every change so far."""

    current: str
    before: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """The models in a folder."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, model: Path) -> "Registry":
        """Create a registry with a copy of `model` (a folder) as the current version.

        Raises `BadModel`: there is a registry already, or `model` cannot serve.
        """
        if (folder / STATE_FILE).exists():
            raise BadModel(f"There is already a registry in {folder}.")
        folder.mkdir(parents=True, exist_ok=True)
        registry = cls(folder)
        version = registry.add(model).version
        registry._write(RegistryState(version, (), (_change("created", version),)))
        return registry

    @classmethod
    def open(cls, folder: Path) -> "Registry":
        """Raises `BadModel` when there is none."""
        if not is_registry(folder):
            raise BadModel(f"There is no registry of models in {folder}; `img-super models add` creates one.")
        return cls(folder)

    @property
    def state(self) -> RegistryState:
        """Raises `BadModel` when it cannot be read."""
        path = self.folder / STATE_FILE
        try:
            return msgspec.json.decode(path.read_bytes(), type=RegistryState)
        except OSError as error:
            raise BadModel(f"The registry {path} cannot be read: {error.strerror}.") from error
        except NOT_DECODED as error:
            raise BadModel(f"The registry {path} is damaged: {in_a_line(error)}.") from error

    def cards(self) -> Iterator[ModelCard]:
        """Every model's card, oldest first. Raises `BadModel`."""
        folders = [path.parent for path in self.folder.glob(f"*/{CARD_FILE}") if _VERSION.fullmatch(path.parent.name)]
        yield from sorted(map(read_card, folders), key=lambda card: (card.created, card.version))

    def model(self, version: str) -> Path:
        """The folder of a version. Raises `BadModel` if there is none."""
        folder = self.folder / version
        if not _VERSION.fullmatch(version) or not (folder / CARD_FILE).is_file():
            versions = ", ".join(card.version for card in self.cards())
            raise BadModel(f"The registry has no model {version!r}; it has {versions}.")
        return folder

    def add(self, source: Path) -> ModelCard:
        """Copy a model into the registry without promoting it.

        Raises `BadModel`: it is damaged, foreign, or its version exists with other weights or another card.
        """
        card = check_model(source)
        target = self.folder / card.version
        if not _VERSION.fullmatch(card.version):
            raise BadModel(f"{card.version!r} cannot be the name of a version: letters, digits and . + - _ can.")
        if target.exists():
            if read_card(target) != card:
                raise BadModel(
                    f"The registry already has a different model {card.version}; give the new one its own version."
                )
            return card
        with self._alone():
            self._copy(source, target, (CARD_FILE, *(file.name for file in card.files.values())))
        return card

    def promote(self, version: str) -> ModelCard:
        """Promote a version. A running service loads it when told to reload.

        Raises `BadModel`: there is no such version, it is current already, or it is damaged; nothing changes.
        """
        card = check_model(self.model(version))
        with self._alone():
            state = self.state
            if version == state.current:
                raise BadModel(f"{version} serves already.")
            changes = (*state.changes, _change("promoted", version))
            self._write(RegistryState(version, (state.current, *state.before), changes))
        return card

    def rollback(self) -> ModelCard:
        """Return to the version that served before. Raises `BadModel`: there was none, or it is damaged."""
        with self._alone():
            state = self.state
            if not state.before:
                raise BadModel(f"Nothing served before {state.current}.")
            version, *before = state.before
            card = check_model(self.model(version))
            self._write(RegistryState(version, tuple(before), (*state.changes, _change("rolled_back", version))))
        return card

    def _copy(self, source: Path, target: Path, names: Sequence[str]) -> None:
        unfinished = self.folder / f".{target.name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for name in names:
            shutil.copyfile(source / name, unfinished / name)
            flush(unfinished / name)
        flush(unfinished)
        unfinished.rename(target)
        flush(self.folder)

    def _write(self, state: RegistryState) -> None:
        text = msgspec.json.format(msgspec.json.encode(state), indent=2)
        replace_durably(self.folder / STATE_FILE, text + b"\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Serialises changes, so that none is lost."""
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def is_registry(folder: Path) -> bool:
    """Whether the folder is a registry rather than a model."""
    return (folder / STATE_FILE).is_file()


def serving_folder(model: Path) -> Path:
    """The folder of the model to serve: a registry's promoted version, or the folder itself. Raises `BadModel`."""
    if not is_registry(model):
        return model
    registry = Registry(model)
    return registry.model(registry.state.current)


def check_model(folder: Path) -> ModelCard:
    """Verify a model: read every byte and run it once.

    Raises `BadModel`: the card or weights are missing, damaged, do not match, or are not a validation network.
    """
    card = read_card(folder)
    for file in card.files:
        weights = read_weights(folder, card, file)
        if file.startswith("litert"):
            _check_runs(LiteRtValidator(weights, card, file), card)
    if card.serves not in card.files:
        raise BadModel(f"The model {card.title} has no weights for {card.serves}, which should serve.")
    return card


def _check_runs(validator: LiteRtValidator, card: ModelCard) -> None:
    grey = np.full((card.input_side_px, card.input_side_px, 3), 128, np.uint8)
    try:
        score = validator.validate(grey).score
    except Exception as error:  # whatever a foreign network does
        raise BadModel(f"The model {card.title} does not answer a grey crop ({type(error).__name__}).") from error
    if not 0 <= score <= 1:
        raise BadModel(f"The model {card.title} answers a score of {score}, which is no probability.")


def _change(action: str, version: str) -> Change:
    return Change(datetime.now(UTC).isoformat(timespec="seconds"), action, version)
