"""A model's card: its weights, their input, the interpretation of their output, and their measurements."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from img_super.domain import ModelIdentity
from img_super.errors import BadModel
from img_super.figures import DetectorFigures, PolicyFigures, SetFigures
from img_super.regular_file import read_regular

CARD_FILE: Final = "card.json"
NOT_DECODED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a damaged file of JSON or TOML raises: what stands there is wrong, is no text, or lies too deep."""

_MOST_SIDE_PX: Final = 4096
_MOST_FILES: Final = 8
_MOST_LETTERS: Final = 64
"""Of what is shown in tables, logs and metrics, and kept beside scores."""

_MOST_CARD_BYTES: Final = 4 * 2**20
_MOST_WEIGHTS_BYTES: Final = 512 * 2**20
_ABOVE_ONE: Final = 1.000001
"""A threshold that no score reaches lies just above 1."""

_USUAL: Final = ("own_documents", "generated_validation")
"""Whose scores in the card are the better reference, the first before the second."""


_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}")


class WeightsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file beside the card; `name` contains no path and is not the card's own."""

    name: str
    sha256: str

    def __post_init__(self) -> None:
        if not _PLAIN_NAME.fullmatch(self.name) or self.name == CARD_FILE:
            raise ValueError("the name of a file has letters, digits and . _ + -, and no folder")


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """From a logit to a probability: Platt scaling, or a rising line through knots if validation preferred one.

    Without knots: score = sigmoid(logit / temperature + bias). Source: J. Platt, 1999; C. Guo et al., 2017. `knots`:
    (logit, score), rising in both; linear between them, constant beyond the ends.
    """

    temperature: float
    bias: float
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ValueError("a temperature is above 0, or suspicion would lower the score")
        if any(right < left or high < low for (left, low), (right, high) in pairwise(self.knots)):
            raise ValueError("the knots of a calibration do not fall")
        if not all(0 <= score <= 1 for _, score in self.knots):
            raise ValueError("scores lie between 0 and 1")

    def score(self, logit: float) -> float:
        """The calibrated probability, in [0, 1], that a crop with this logit is superimposed."""
        if self.knots:
            return _on_line(self.knots, logit)
        scaled = logit / self.temperature + self.bias
        return 1 / (1 + exp(-scaled)) if scaled >= 0 else exp(scaled) / (1 + exp(scaled))


def _on_line(knots: tuple[tuple[float, float], ...], logit: float) -> float:
    after = bisect_right(knots, logit, key=lambda knot: knot[0])
    if after in (0, len(knots)):
        return knots[min(after, len(knots) - 1)][1]
    (low_logit, low), (high_logit, high) = knots[after - 1], knots[after]
    return low + (high - low) * (logit - low_logit) / (high_logit - low_logit)


class Precision(msgspec.Struct, frozen=True, omit_defaults=True):
    """The measurements of a weights file: AUC, and milliseconds per crop on one thread.

    `auc_loss`, `median_score_change`, `p90_score_change`: relative to float32; None for float32.
    """

    auc: float
    median_ms: float
    p90_ms: float
    bytes: int
    auc_loss: float | None = None
    auc_loss_interval_95: tuple[float, float] | None = None
    median_score_change: float | None = None
    p90_score_change: float | None = None


class PolicyName(StrEnum):
    """How many false alarms an operator accepts in exchange for finding more attacks."""

    STRICT = "strict"
    BALANCED = "balanced"
    LENIENT = "lenient"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The thresholds that turn a score into a verdict."""

    threshold: float  # `score >= threshold` means superimposed
    undetermined: tuple[float, float]  # scores from the first to below the second need manual review
    # At most this share of the genuine documents of each validation set reached the threshold.
    max_bpcer: float | None = None
    figures: dict[str, PolicyFigures] = {}  # the resulting figures on validation, by data set

    def __post_init__(self) -> None:
        _check_thresholds(self.threshold, self.undetermined)


class Lineage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model and the photos that this one was made from; never a photo or its name."""

    step: str  # `calibrated` or `fine_tuned`
    parent: str  # name and version of the original model
    parent_sha256: str  # of the original model's serving weights
    # Number of the team's own `bona_fide`, `attack` and different `documents`.
    photos: dict[str, int]
    fingerprint: str  # SHA-256 over the files' own SHA-256 and labels: equal for the same photos with the same labels


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What travels with the weights."""

    name: str
    version: str
    created: str
    # Weights by what runs them: `litert` (float32), `litert_int8` (all integers), `keras`.
    files: dict[str, WeightsFile]
    input_side_px: int  # the network takes RGB float32 [1, side, side, 3], values 0 to 255
    min_face_px: int  # portraits with a narrower face in the photo are not judged
    calibration: Calibration
    # threshold, undetermined: those of the policy `balanced`; chosen by evaluation on validation data
    threshold: float
    undetermined: tuple[float, float]
    figures: dict[str, SetFigures]  # what evaluation measured, by data set
    # data, limits, terms: what the network learned from, where it fails, what its data's owners ask
    data: str
    limits: list[str]
    terms: str
    # By name; a card from before policies has none, and supports only `balanced`.
    policies: dict[PolicyName, Policy] = {}
    serves: str = "litert"  # the default LiteRT file
    # The measurements behind that choice: AUC, milliseconds per crop.
    precisions: dict[str, Precision] = {}
    lineage: Lineage | None = None  # its origin; None if trained from scratch

    def __post_init__(self) -> None:
        _check_thresholds(self.threshold, self.undetermined)
        if not (self.min_face_px > 0 and 0 < self.input_side_px <= _MOST_SIDE_PX):
            raise ValueError(f"sides are of 1 pixel and more, the input's of at most {_MOST_SIDE_PX}")
        if len(self.files) > _MOST_FILES:
            raise ValueError(f"a model has at most {_MOST_FILES} files")
        if not all(
            text.isprintable() and len(text) <= _MOST_LETTERS for text in (self.name, self.version, self.created)
        ):
            raise ValueError(f"name, version and date are a line of at most {_MOST_LETTERS} letters each")

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def identity(self, file: str) -> ModelIdentity:
        return ModelIdentity(self.name, self.version, self.files[file].sha256)

    def policy(self, name: PolicyName) -> Policy:
        """The policy of this name. Raises `BadModel` if the card has none."""
        if name in self.policies:
            return self.policies[name]
        if name is PolicyName.BALANCED:
            return Policy(self.threshold, self.undetermined)
        names = ", ".join(self.policies) or PolicyName.BALANCED
        raise BadModel(f"The model {self.name} {self.version} has no policy {name}; it has {names}.")

    def genuine_scores(self) -> tuple[str, list[float]] | None:
        """The genuine scores that the model was chosen on: their data set, and quantiles at even steps.

        None if the card does not have them.
        """
        for name in _USUAL:
            if quantiles := self.genuine_quantiles(name):
                # The second and the last but one are the 1 and 99 % quantiles, between the steps of 5 %.
                return name, [quantiles[0], *quantiles[2:-2], quantiles[-1]]
        return None

    def genuine_quantiles(self, name: str) -> tuple[float, ...]:
        """The quantiles of the genuine scores on a data set; empty if the card does not have them."""
        return self.figures[name].score_quantiles.bona_fide if name in self.figures else ()


class DetectorCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The card of the one-pass detector."""

    name: str
    version: str
    created: str
    # Weights by what runs them: `litert` (float32), `keras`; and `yunet` (LiteRT), which refines.
    files: dict[str, WeightsFile]
    # The network takes a letterboxed photo, RGB float32 [1, height, width, 3], values 0 to 255.
    input_wh: tuple[int, int]
    min_confidence: float  # below it the precise detector is used; chosen on validation data
    figures: dict[str, DetectorFigures]  # what evaluation measured, by data set
    # data, limits, terms: what the network learned from, where it fails, what its data's owners ask
    data: str
    limits: list[str]
    terms: str

    def identity(self, file: str) -> ModelIdentity:
        return ModelIdentity(self.name, self.version, self.files[file].sha256)


def _check_thresholds(threshold: float, undetermined: tuple[float, float]) -> None:
    low, high = undetermined
    if not (0 <= threshold < _ABOVE_ONE and 0 <= low <= high < _ABOVE_ONE):
        raise ValueError("thresholds lie between 0 and 1, and rise")


def quality_shares(photos: Sequence[Iterable[str]]) -> dict[str, float]:
    """The share of photos that have each warning, from each photo's codes, as in a card's figures."""
    counts = Counter(code for codes in photos for code in set(codes))
    return {code: round(count / len(photos), 4) for code, count in sorted(counts.items())}


class NamedFiles(msgspec.Struct, frozen=True):
    """The fields of every card."""

    name: str
    version: str
    files: dict[str, WeightsFile]


CardT = TypeVar("CardT", bound=msgspec.Struct)


def read_card(folder: Path) -> ModelCard:
    """Read and check the card in a validation model's folder.

    Raises `BadModel`: the card is missing or incomplete.
    """
    return read_card_as(ModelCard, folder)


def read_card_as(kind: type[CardT], folder: Path) -> CardT:
    """Read and check a card of another type. Raises `BadModel` like `read_card`."""
    path = folder / CARD_FILE
    try:
        return msgspec.json.decode(read_regular(path, _MOST_CARD_BYTES), type=kind)
    except OSError as error:
        raise BadModel(f"The model's card {path} cannot be read: {error.strerror}.") from error
    except NOT_DECODED as error:
        raise BadModel(f"The model's card {path} is not a valid card: {in_a_line(error)}.") from error


def in_a_line(error: Exception) -> str:
    """A parser's message about an untrusted file, whose content it may quote, as one safe line."""
    return str(error).encode("unicode_escape").decode()


def write_card(card: ModelCard | DetectorCard, folder: Path) -> None:
    """Write the card as human-readable JSON."""
    text = msgspec.json.format(msgspec.json.encode(card), indent=2)
    (folder / CARD_FILE).write_bytes(text + b"\n")


def read_weights(folder: Path, card: ModelCard | DetectorCard, file: str) -> bytes:
    """The weights that the card lists as `file`.

    Raises `BadModel`: the card lists none, or the file is missing or has a different sha256.
    """
    if file not in card.files:
        raise BadModel(f"The model {card.name} {card.version} has no weights for {file}.")
    weights_file = card.files[file]
    path = folder / weights_file.name
    try:
        weights = read_regular(path, _MOST_WEIGHTS_BYTES)
    except OSError as error:
        raise BadModel(f"The model's weights {path} cannot be read: {error.strerror}.") from error
    if sha256(weights).hexdigest() != weights_file.sha256:
        raise BadModel(f"The model's weights {path} are not those that its card describes (the sha256 differs).")
    return weights
