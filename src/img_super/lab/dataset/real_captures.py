"""Real photos of genuine documents: false alarms on them, and detection of forgeries laid over them.

Half of the document types help to choose the threshold, the others are only reported. The network is trained on
neither.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from img_super.lab.dataset.forged_photos import ForgedCrop, GenuinePhoto, forged_crops

SCALES: Final = (1.0, 0.6, 0.35)
"""The frames are 8 megapixels; phones and messengers send smaller ones, too."""

KEPT_FROM_TRAINING: Final = ("midv500/40", "midv500/41")
"""Of a folder that training learns from, as `real-bases`, what is kept for measuring."""


def real_crops(
    folders: Sequence[Path], portraits: Path, side_px: int, choosing: bool, seed: int = 7
) -> Iterator[ForgedCrop]:
    """Every labelled frame under each control and with each species laid over it.

    `folders`: each contains `labels.json` and its frames; `portraits`: CC0 portraits; those held out of training are
    donors; `choosing`: the document types for choosing the threshold, or the others, for reporting.
    """
    for folder in folders:
        yield from forged_crops(labelled_frames(folder, choosing), portraits, side_px, SCALES, seed)


def labelled_frames(folder: Path, choosing: bool) -> list[GenuinePhoto]:
    """The frames of the document types for choosing the threshold, or of the others, for reporting."""
    labels = {
        frame: truth
        for frame, truth in json.loads((folder / "labels.json").read_text("utf-8")).items()
        if "doc_type" in truth or truth["document"] in KEPT_FROM_TRAINING
    }
    types = document_types(labels, choosing)
    return [
        GenuinePhoto(number, folder / frame, truth.get("doc_id", _type_of(truth)))
        for number, (frame, truth) in enumerate(labels.items())
        if _type_of(truth) in types
    ]


def document_types(labels: Mapping[str, Mapping[str, str]], choosing: bool) -> list[str]:
    """Every other type of document for choosing the threshold, the others for reporting."""
    return sorted({_type_of(truth) for truth in labels.values()})[0 if choosing else 1 :: 2]


def _type_of(truth: Mapping[str, str]) -> str:
    return truth["doc_type"] if "doc_type" in truth else truth["document"]
