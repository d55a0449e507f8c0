"""Retrains a final layer on a team's own documents: a logistic regression on what the network pools, early and late.

Its weighted sum is added to the logit; the network's layers stay, so little is forgotten. With some hundreds of photos
it gains more than small steps through the layers (docs/modeling/log.md), and looks at each photo once.
Source of the idea: G. Alain, Y. Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from img_super.domain import Float64Array
from img_super.lab.dataset.crops import CropSet
from img_super.lab.evaluation.report import Scored
from img_super.lab.own_documents.exchanges import exchanges
from img_super.lab.own_documents.fine_tune import (
    MASK_SIDE_PX,
    Note,
    Tuned,
    check_documents,
    drawn_documents,
    fold_indices,
)
from img_super.validator.network import TRUNK, compared
from img_super.validator.saved_network import open_network

FILE: Final = "own_head.keras"
_ADDED: Final = "own_opinion"
_BATCH: Final = 32
_SEED: Final = 8
_NO_PART: Final = -1
_GENERATED_TO_OWN: Final = 2
_SHARES: Final = {True: (0.5, 0.3, 0.2), False: (0.17, 0.33, 0.5)}
"""Of all that is learned from: photos, exchanges, generated crops; with real attacks among the photos, or without."""

EXCHANGES: Final = 2
"""Made of each genuine photo, unless somebody asks for another number."""

_PENALTY: Final = 180.0
"""On squared weights of features with a spread of one, beside the summed loss of the documents: few move little."""

_FREE: Final = 30.0
"""The network's own logit is made so large that the penalty scarcely holds it."""


@dataclass(frozen=True, slots=True)
class PooledFeatures:
    """What a network makes of crops: pooled features [n, d] and logits [n]."""

    pooled: Float64Array
    logits: Float64Array

    def at(self, positions: npt.NDArray[np.int64]) -> PooledFeatures:
        return PooledFeatures(self.pooled[positions], self.logits[positions])


@dataclass(frozen=True, slots=True)
class LogitProbe:
    """The new logit: `trust` times the network's own, and the pooled features' weighted sum."""

    trust: float
    weights: Float64Array
    bias: float

    def logits(self, features: PooledFeatures) -> Float64Array:
        return np.asarray(self.trust * features.logits + features.pooled @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class _Examples:
    """What is learned from, as the network sees it, and the part of each."""

    features: PooledFeatures
    labels: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int64]

    def without(self, part: int) -> _Examples:
        others = np.flatnonzero(self.parts != part)
        return _Examples(self.features.at(others), self.labels[others], self.parts[others])

    def and_(self, others: _Examples) -> _Examples:
        mine, theirs = self.features, others.features
        pooled, logits = np.concatenate([mine.pooled, theirs.pooled]), np.concatenate([mine.logits, theirs.logits])
        labels, parts = np.concatenate([self.labels, others.labels]), np.concatenate([self.parts, others.parts])
        return _Examples(PooledFeatures(pooled, logits), labels, parts)

    def judged_by(self, heads: Sequence[LogitProbe]) -> Float64Array:
        """Logits, each by the head that did not learn from its part."""
        logits = np.empty(len(self.parts))
        for part, head in enumerate(heads):
            left_out = np.flatnonzero(self.parts == part)
            logits[left_out] = head.logits(self.features.at(left_out))
        return logits


def fine_tune_head(
    team: CropSet,
    generated: CropSet,
    parent_weights: Path,
    out: Path,
    folds: int,
    note: Note = lambda _: None,
    times: int = EXCHANGES,
    seed: int = _SEED,
) -> Tuned:
    """Cross-validate by document, then fit the opinion that is kept and write the network that holds it.

    Arguments and errors are those of `fine_tune`, except that own crops have the network's side, twice as many
    generated crops as own ones are used, and the layers of `parent_weights` stay. `times` attacks are made from each
    genuine photo with portraits of its own part; then real attacks are not needed. `seed` parts the documents.
    """
    check_documents(team, folds, attacks_are_made=times > 0)
    network: keras.Model = open_network(parent_weights)
    looking = looking_only(network)
    parts = _parts(team, folds, seed)
    note("Looking at your photos")
    upright, mirrored = (_Examples(see(looking, team, flip), _labels(team), parts) for flip in (False, True))
    photos = upright.and_(mirrored)
    pairs, pair_parts = exchanges(team, parts, times, seed, MASK_SIDE_PX)
    if times:
        note(f"Looking at {len(pairs.rows) // 2} attacks made of your genuine photos, by exchanging portraits")
    exchanged = _Examples(see(looking, pairs), _labels(pairs), pair_parts)
    note("Looking at generated crops")
    mixed_in = drawn_documents(generated, _GENERATED_TO_OWN * len(team.rows), team.crops.shape[1], seed)
    base = _Examples(see(looking, mixed_in), _labels(mixed_in), np.full(len(mixed_in.rows), _NO_PART))
    note(f"Fitting in {folds} parts, then to all")
    heads = [
        fit(photos.without(part), exchanged.without(part), base, _count(team.documents[parts != part]))
        for part in range(folds)
    ]
    out.mkdir(parents=True, exist_ok=True)
    with_head(network, fit(photos, exchanged, base, _count(team.documents))).save(out / FILE)
    return Tuned(out / FILE, upright.judged_by(heads), _before_and_after(pairs, exchanged, heads) if times else None)


def _parts(team: CropSet, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Of each crop, by which part's opinion it is judged."""
    parts = np.empty(len(team.rows), np.int64)
    for number, (_, left_out) in enumerate(fold_indices(team, folds, seed)):
        parts[left_out] = number
    return parts


def _before_and_after(pairs: CropSet, exchanged: _Examples, heads: Sequence[LogitProbe]) -> tuple[Scored, Scored]:
    before = Scored(exchanged.labels, pairs.species, pairs.documents, exchanged.features.logits)
    return before, replace(before, scores=exchanged.judged_by(heads))


def looking_only(network: keras.Model) -> keras.Model:
    """The network as far as it is looked at here: crops to pooled features and logits."""
    return keras.Model(network.input, [_features(network), network.output["logit"]])


def _features(network: keras.Model) -> Any:
    """What an opinion is formed on: features before and after places are compared, which loses some of the former.

    A network that has an opinion keeps to those that it was formed on.
    """
    if _ADDED in {layer.name for layer in network.layers}:
        return network.get_layer(_ADDED).input
    early = compared(network.get_layer(TRUNK).output, "own_")
    return keras.layers.Concatenate(name="own_features")([network.get_layer("pooled").output, early])


def see(looking: keras.Model, crops: CropSet, mirrored: bool = False) -> PooledFeatures:
    """What a network (`looking_only`) makes of crops, or of their mirror images."""
    view: Callable[[Any], Any] = (lambda batch: batch[:, :, ::-1]) if mirrored else (lambda batch: batch)
    if not crops.rows:
        return PooledFeatures(np.empty((0, looking.outputs[0].shape[-1])), np.empty(0))
    outputs = [
        looking.predict_on_batch(view(crops.crops[start : start + _BATCH]).astype(np.float32))
        for start in range(0, len(crops.rows), _BATCH)
    ]
    pooled, logits = (np.concatenate(parts).astype(np.float64) for parts in zip(*outputs, strict=True))
    return PooledFeatures(pooled, logits[:, 0])


def fit(photos: _Examples, exchanged: _Examples, base: _Examples, documents: int) -> LogitProbe:
    """Logistic regression on photos, exchanges among them and generated crops, which count as `_SHARES` says.

    `documents`: how many the photos show; the fewer, the less may be learned.
    """
    examples = photos.and_(exchanged).and_(base)
    pooled, logits, labels = examples.features.pooled, examples.features.logits, examples.labels
    count, sizes = len(labels), [len(part.labels) for part in (photos, exchanged, base)]
    shares = _SHARES[bool(photos.labels.any())]
    weights = np.repeat([share / max(1, size) for share, size in zip(shares, sizes, strict=True)], sizes)
    weights *= count / weights.sum()
    spread = pooled.std(axis=0)
    scale = 1 / (spread + 0.1 * spread.mean())  # a feature that is nearly always silent must not become loud
    middle, logit_scale = pooled.mean(axis=0), _FREE / (logits.std() + 1e-9)
    columns = np.column_stack([logits * logit_scale, (pooled - middle) * scale])
    fitted = LogisticRegression(C=documents / (_PENALTY * count), max_iter=500).fit(columns, labels, weights)
    kernel = fitted.coef_[0, 1:] * scale
    return LogitProbe(float(fitted.coef_[0, 0] * logit_scale), kernel, float(fitted.intercept_[0] - middle @ kernel))


def with_head(network: keras.Model, head: LogitProbe) -> keras.Model:
    """The network with the head's opinion in its logit; its layers are shared, but for those of the logit.

    A network that has an opinion already keeps one: the new one takes its place.
    """
    answered = keras.models.clone_model(network)
    answered.set_weights(network.get_weights())
    logit = answered.get_layer("logit")
    logit.set_weights([weights * head.trust for weights in logit.get_weights()])
    added_weights = [head.weights[:, None], np.array([head.bias])]
    if _ADDED in {layer.name for layer in answered.layers}:
        opinion = answered.get_layer(_ADDED)
        opinion.set_weights(
            [head.trust * weights + extra for weights, extra in zip(opinion.get_weights(), added_weights, strict=True)]
        )
        return answered
    opinion = keras.layers.Dense(1, name=_ADDED)
    added = keras.layers.Add(name="own_logit")([answered.output["logit"], opinion(_features(answered))])
    opinion.set_weights(added_weights)
    answers = {"logit": added, "heat_map": answered.output["heat_map"]}
    return keras.Model(answered.input, answers, name=network.name)


def _count(documents: npt.NDArray[np.str_]) -> int:
    return len(np.unique(documents))


def _labels(crops: CropSet) -> npt.NDArray[np.int64]:
    return crops.labels.astype(np.int64)
