"""A trained network goes on learning from a team's own documents, mixed with generated ones so that it does not forget.

Cross-validated by document: what is reported of the own photos was answered by networks that had seen neither the photo
nor another one of its document. Each network stops by a third part, which it did not learn from either.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import keras
import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from img_super.domain import Int64Array, Label
from img_super.lab.dataset.crops import CropSet
from img_super.lab.dataset.manifest import SampleRow
from img_super.lab.evaluation.report import Scored
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.own_documents.read import OwnDocuments
from img_super.lab.training.recipe import Recipe
from img_super.lab.training.train import BEST_FILE, Run, train

MASK_SIDE_PX: Final = 56
_CALIBRATE: Final = "`img-super calibrate` needs ten genuine ones."
_WATCHED: Final = 6
"""One in this many documents is held out of learning to know when to stop."""

Note = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A finished fine-tuning."""

    weights: Path  # the `.keras` file of the network that learned from all own documents but the watched ones
    logits: npt.NDArray[np.float64]  # for every own photo, by a network that had not seen its document
    # The logits of portraits exchanged among the photos, if there are any: by the network to begin with, and by one
    # that had not seen their documents.
    exchanged: tuple[Scored, Scored] | None = None


def own_crops(team: OwnDocuments) -> CropSet:
    """The team's own photos as crops; where something was laid over is known of the genuine ones only: nowhere."""
    rows = tuple(
        SampleRow("own", position, int(crop.label), crop.species or ("own" if crop.label else ""), crop.document)
        for position, crop in enumerate(team.crops)
    )
    masks = np.zeros((len(rows), MASK_SIDE_PX, MASK_SIDE_PX), np.uint8)
    return CropSet(np.stack([crop.crop for crop in team.crops]), masks, rows, team.labels == Label.BONA_FIDE)


def fine_tune(
    recipe: Recipe,  # small steps; its side is that of the crops
    team: CropSet,
    generated: CropSet,  # of the training split; as many as there are own ones are mixed in
    parent_weights: Path,  # the `.keras` file to begin with
    out: Path,  # the run's folder
    folds: int,  # how many times a part is left out
    note: Note = lambda _: None,  # called with what begins, to show progress
) -> Tuned:
    """Cross-validate, then train the network that is kept. Goes on where a run in the same folder stopped.

    Raises `BadLabels`: a class has too few documents for so many folds.
    """
    check_documents(team, folds)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns that there is one network after the other
    logits = np.empty(len(team.rows))
    parts = list(fold_indices(team, folds, recipe.seed))
    for number, (learned, left_out) in enumerate(parts):
        note(f"Part {number + 1} of {folds}: learning from the others")
        network = _tune(recipe, team.at(learned), generated, Run(out / f"part-{number + 1}", parent_weights))
        logits[left_out] = _logits(network, team.at(left_out))
        keras.utils.clear_session()  # or each network's graphs stay in memory until the end
    note("Learning from all parts")
    _tune(recipe, team, generated, Run(out / "all", parent_weights))
    return Tuned(out / "all" / BEST_FILE, logits)


def fold_indices(crops: CropSet, parts: int, seed: int) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Positions to learn from and positions left out, once a part; no document is in both, the classes are spread."""
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    yield from splitter.split(np.empty(len(crops.rows)), crops.labels, crops.documents)


def drawn_documents(generated: CropSet, count: int, side_px: int, seed: int) -> CropSet:
    """At most this many generated crops, by whole documents where possible, resized to the network's side."""
    order = np.random.default_rng(seed).permutation(np.unique(generated.documents))
    place = {document: index for index, document in enumerate(order)}
    sorted_by_document = np.argsort([place[document] for document in generated.documents], kind="stable")
    chosen = generated.at(sorted_by_document[:count])
    return replace(chosen, crops=_resized(chosen.crops, side_px))


def mixed(team: CropSet, generated: CropSet, side_px: int, seed: int) -> CropSet:
    """The own crops and as many generated ones."""
    resized = drawn_documents(generated, len(team.rows), side_px, seed)
    has_mask = [
        np.ones(len(part.rows), np.bool_) if part.has_mask is None else part.has_mask for part in (team, resized)
    ]
    return CropSet(
        np.concatenate([team.crops, resized.crops]), np.concatenate([team.masks, resized.masks]),
        (*team.rows, *resized.rows), np.concatenate(has_mask),
    )  # fmt: skip


def _tune(recipe: Recipe, team: CropSet, generated: CropSet, run: Run) -> keras.Model:
    learned, watched = next(fold_indices(team, _WATCHED, recipe.seed))
    training = mixed(team.at(learned), generated, recipe.input_side_px, recipe.seed)
    watching = msgspec.structs.replace(recipe, watched_crops=len(watched))
    return train(watching, training, team.at(watched), run)


def _logits(network: keras.Model, crops: CropSet) -> npt.NDArray[np.float64]:
    answers = network.predict(crops.crops, batch_size=32, verbose=0)
    return np.asarray(answers["logit"][:, 0], np.float64)


def _resized(crops: npt.NDArray[np.uint8], side_px: int) -> npt.NDArray[np.uint8]:
    if crops.shape[1] == side_px:
        return crops
    sized = [cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.stack(sized).astype(np.uint8, copy=False)


def check_documents(team: CropSet, folds: int, attacks_are_made: bool = False) -> None:
    """Every part that is watched must have both classes, in every fold; attacks, if any are given or none are made.

    Raises `BadLabels`: a class has too few documents.
    """
    needed = _WATCHED + folds
    for label in Label:
        documents = len(np.unique(team.documents[team.labels == label]))
        if documents == 0 and label is Label.ATTACK and attacks_are_made:
            continue
        if documents < needed:
            leave_out = attacks_are_made and label is Label.ATTACK
            advice = "Leave them out: attacks are made of genuine photos." if leave_out else _CALIBRATE
            raise BadLabels(
                f"There are {documents} different documents labelled {label.name.lower()}; to learn from them in "
                f"{folds} parts takes at least {needed}. {advice}"
            )
