"""Fits the weights by which `detector.standing` sees a document, on composed photos and some windows of real cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from benchmarks.composed import Composed, Half
from benchmarks.portrait_photos import KINDS
from img_super.detector.letterbox import letterbox
from img_super.detector.litert import LiteRtDetectionNetwork
from img_super.detector.outputs import read_candidates
from img_super.detector.pyramid import Pyramid
from img_super.detector.standing import DOCUMENT, MIN_FACE, document_features
from img_super.model_card import DetectorCard, read_card_as, read_weights
from img_super.pipeline.load import SHIPPED_DETECTOR

Row: TypeAlias = tuple[Mapping[str, float], bool, float]
"""What is seen, whether it is so, and what it counts."""

COUNTS: Final = {
    "ghosts": 2.0, "ghosts-tight": 1.0, "two-documents": 1.0, "owner": 0.5,
    "plain": 1.0, "plain-tight": 1.0, "cards": 6.0,
}  # fmt: skip
"""What a face of each kind of photo counts."""


def fit(data: Path, every: int) -> dict[str, float]:
    """Weights for `DOCUMENT`, from every n-th photo of the half for choosing."""
    card = read_card_as(DetectorCard, SHIPPED_DETECTOR)
    network = LiteRtDetectionNetwork(read_weights(SHIPPED_DETECTOR, card, "litert"))
    rows: list[Row] = []
    for kind, counts in COUNTS.items():
        for compose in track(list(KINDS[kind](data, Half.CHOSEN_ON))[::every], description=kind):
            rows += seen(compose(), network, card.input_wh, counts)
    return logistic(rows)


def seen(photo: Composed, network: LiteRtDetectionNetwork, input_wh: tuple[int, int], counts: float) -> Iterator[Row]:
    """Portraits, and the surest face outside of any document; nothing is said of ghosts, which lie in one."""
    small = letterbox(Pyramid(photo.image), input_wh)
    faces = sorted(read_candidates(network.run(small.pixels), MIN_FACE), key=lambda face: -face.face_confidence)
    middles = [small.box_in_photo(face.face.box).pixels().centre_xy for face in faces]
    outside = [
        one for one in zip(faces, middles, strict=True) if not any(box.contains(*one[1]) for box in photo.documents)
    ]
    portraits = [
        one for one in zip(faces, middles, strict=True) if any(box.contains(*one[1]) for box in photo.portraits)
    ]
    for (face, _), so in [*((one, False) for one in outside[:1]), *((one, True) for one in portraits)]:
        yield document_features(face, small.shown_wh), so, counts


def logistic(rows: Sequence[Row]) -> dict[str, float]:
    """The weights of a logistic regression; a slight ridge on features of equal spread."""
    names = [name for name in DOCUMENT if name]
    features = np.array([[row[name] for name in names] for row, _, _ in rows])
    spread = np.sqrt((features**2).mean(0))
    model = LogisticRegression(C=10, max_iter=2000)
    model.fit(features / spread, [so for _, so, _ in rows], [counts for _, _, counts in rows])
    weights = {"": model.intercept_[0], **dict(zip(names, model.coef_[0] / spread, strict=True))}
    return {name: round(float(weight), 2) for name, weight in weights.items()}
