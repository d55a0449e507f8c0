"""Real photos of genuine documents: false alarms on them, and detection of forgeries pasted on them.

The document types are split in two: one half helps to choose the threshold, the other is only reported. The network
is trained on neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from img_super.lab.dataset.forged_photos import ForgedCrop, GenuinePhoto, forged_crops

SCALES: Final = (1.0, 0.6, 0.35)
"""The frames are 8 megapixels; phones and messengers send smaller ones, too."""


def real_crops(folder: Path, portraits: Path, side_px: int, choosing: bool, seed: int = 7) -> Iterator[ForgedCrop]:
    """Every labelled frame as it is and with each species pasted on it; all are saved once more as JPEG.

    Args:
        folder: holds `labels.json` and the frames it names.
        portraits: CC0 portraits; donors are those held out of training.
        side_px: side of the crops.
        choosing: the document types for choosing the threshold, or the others, for reporting.
    """
    return forged_crops(labelled_frames(folder, choosing), portraits, side_px, SCALES, seed)


def labelled_frames(folder: Path, choosing: bool) -> list[GenuinePhoto]:
    """The frames of the document types for choosing the threshold, or of the others, for reporting."""
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    types = document_types(labels, choosing)
    return [
        GenuinePhoto(number, folder / frame, truth["doc_id"])
        for number, (frame, truth) in enumerate(labels.items())
        if truth["doc_type"] in types
    ]


def document_types(labels: Mapping[str, Mapping[str, str]], choosing: bool) -> list[str]:
    """Every other type of document for choosing the threshold, the others for reporting."""
    return sorted({truth["doc_type"] for truth in labels.values()})[0 if choosing else 1 :: 2]
