"""A model's card: what the weights are, what they take, how their answer is read, and what is known of them."""

from __future__ import annotations

from hashlib import sha256
from math import exp
from pathlib import Path
from typing import Any, Final

import msgspec

from img_super.domain import ModelIdentity
from img_super.errors import BadModel

CARD_FILE: Final = "card.json"


class WeightsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file beside the card."""

    name: str
    sha256: str


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Platt scaling: score = sigmoid(logit / temperature + bias). Source: J. Platt, 1999; C. Guo et al., 2017."""

    temperature: float
    bias: float

    def score(self, logit: float) -> float:
        """The calibrated probability, in [0, 1], that a crop with this logit is superimposed."""
        scaled = logit / self.temperature + self.bias
        return 1 / (1 + exp(-scaled)) if scaled >= 0 else exp(scaled) / (1 + exp(scaled))


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What travels with the weights.

    Attributes:
        files: weights by back-end, `litert` and `keras`.
        input_side_px: the network takes RGB float32 [1, side, side, 3], values 0 to 255.
        min_face_px: a portrait whose face is narrower in the photo is not judged.
        threshold: `score >= threshold` means superimposed; chosen by evaluation on validation data.
        undetermined: scores from the first to below the second ask for a person's eye.
        figures: what evaluation measured, by data set.
        data, limits, terms: what the network learned from, where it fails, what its data's owners ask.
    """

    name: str
    version: str
    created: str
    files: dict[str, WeightsFile]
    input_side_px: int
    min_face_px: int
    calibration: Calibration
    threshold: float
    undetermined: tuple[float, float]
    figures: dict[str, Any]
    data: str
    limits: list[str]
    terms: str

    def identity(self, backend: str) -> ModelIdentity:
        return ModelIdentity(self.name, self.version, self.files[backend].sha256)


def read_card(folder: Path) -> Card:
    """Read and check the card in a model's folder.

    Raises:
        BadModel: there is no card, or it does not say what a card must say.
    """
    path = folder / CARD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except OSError as error:
        raise BadModel(f"The model's card {path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise BadModel(f"The model's card {path} is not a valid card: {error}.") from error


def write_card(card: Card, folder: Path) -> None:
    """Write the card as JSON that a person can read."""
    text = msgspec.json.format(msgspec.json.encode(card), indent=2)
    (folder / CARD_FILE).write_bytes(text + b"\n")


def read_weights(folder: Path, card: Card, backend: str) -> bytes:
    """The weights that the card names for a back-end.

    Raises:
        BadModel: the card names none, or the file is missing or has another sha256 than the card says.
    """
    if backend not in card.files:
        raise BadModel(f"The model {card.name} {card.version} has no weights for {backend}.")
    weights_file = card.files[backend]
    path = folder / weights_file.name
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise BadModel(f"The model's weights {path} cannot be read: {error.strerror}.") from error
    if sha256(weights).hexdigest() != weights_file.sha256:
        raise BadModel(f"The model's weights {path} are not those that its card describes (the sha256 differs).")
    return weights
